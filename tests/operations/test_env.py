"""Environment variables are read strictly, and messages name them without their value."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from vaultcraft import env


def test_text_counts_empty_as_unset(monkeypatch):
    monkeypatch.setenv("SOMETHING", "  ")

    assert env.text("SOMETHING", default="else") == "else"
    with pytest.raises(ImproperlyConfigured, match="SOMETHING is not set"):
        env.text("SOMETHING")


@pytest.mark.parametrize(("given", "meant"), [("true", True), ("FALSE", False), ("", True)])
def test_flag_reads_true_and_false(monkeypatch, given, meant):
    monkeypatch.setenv("SWITCH", given)

    assert env.flag("SWITCH", default=True) is meant


@pytest.mark.parametrize("given", ["1", "yes", "on", "truee"])
def test_flag_refuses_guesses(monkeypatch, given):
    monkeypatch.setenv("SWITCH", given)

    with pytest.raises(ImproperlyConfigured, match="SWITCH must be true or false"):
        env.flag("SWITCH", default=False)


@pytest.mark.parametrize("given", ["-1", "1.5", "ten", "٣", "1"])
def test_integer_refuses_what_is_no_number_or_too_small(monkeypatch, given):
    monkeypatch.setenv("COUNT", given)

    with pytest.raises(ImproperlyConfigured, match="COUNT must be a whole number of at least 2"):
        env.integer("COUNT", default=5, minimum=2)


def test_names_drop_blanks(monkeypatch):
    monkeypatch.setenv("HOSTS", "a.org, ,b.org,")

    assert env.names("HOSTS") == ["a.org", "b.org"]


@pytest.mark.parametrize("given", ["not json", '{"kid": "a"}', '[{"kid": "a"}]', "[1]"])
def test_signing_keys_refuse_other_shapes(monkeypatch, given):
    monkeypatch.setenv("KEYS", given)

    with pytest.raises(ImproperlyConfigured, match="KEYS must be a JSON list") as refusal:
        env.signing_keys("KEYS")
    assert given not in str(refusal.value)


def test_database_reads_a_socket_url():
    found = env.database(
        name="X", url="postgresql://app:p%40ss@/books?host=%2Frun%2Fpg", pool_max=9
    )

    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("books", "app", "p@ss")
    assert found["HOST"] == "/run/pg"
    assert found["OPTIONS"]["pool"]["max_size"] == 9
    assert found["CONN_MAX_AGE"] == 0
    assert found["ATOMIC_REQUESTS"] is False


@pytest.mark.parametrize("url", ["mysql://a:secret@b/c", "nonsense secret", "postgresql:///books"])
def test_database_refuses_other_urls_without_telling_them(url):
    with pytest.raises(ImproperlyConfigured, match=r"^X ") as refusal:
        env.database(name="X", url=url)
    assert "secret" not in str(refusal.value)
