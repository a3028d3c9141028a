"""librdkafka's own mock cluster: brokers that speak Kafka's protocol, in this process.

confluent-kafka brings the library and shows this part of it to nobody, so it is called directly:
only so can a test take a broker down or have it refuse what comes next.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import confluent_kafka
from confluent_kafka import Consumer, Message

_PRODUCER = 0
PRODUCE = 0  # the protocol's number of that request
NOT_ENOUGH_REPLICAS = 19
TOPIC_AUTHORIZATION_FAILED = 29
READ_SECONDS = 15.0
AT_ONCE = 100


def _library() -> ctypes.CDLL:
    beside = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(beside.glob("librdkafka-*.so*"))))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library


class MockKafka:
    """A cluster whose brokers can be taken down, and made to refuse."""

    def __init__(self, library: ctypes.CDLL, cluster: ctypes.c_void_p) -> None:
        self._library = library
        self._cluster = cluster
        self.bootstrap = str(library.rd_kafka_mock_cluster_bootstraps(cluster).decode())

    def make_topic(self, name: str, *, partitions: int) -> None:
        made = self._library.rd_kafka_mock_topic_create(
            self._cluster, name.encode(), ctypes.c_int(partitions), ctypes.c_int(3)
        )
        assert made == 0

    def refuse(self, *errors: int) -> None:
        """Answer the next requests to produce so, one each."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(PRODUCE), ctypes.c_size_t(len(errors)), codes
        )

    def all_down(self) -> None:
        for broker in (1, 2, 3):
            self._library.rd_kafka_mock_broker_set_down(self._cluster, ctypes.c_int32(broker))

    def all_up(self) -> None:
        for broker in (1, 2, 3):
            self._library.rd_kafka_mock_broker_set_up(self._cluster, ctypes.c_int32(broker))

    def lead_elsewhere(self, topic: str, *, partition: int, broker: int) -> None:
        """Another broker leads the partition from now on."""
        done = self._library.rd_kafka_mock_partition_set_leader(
            self._cluster, topic.encode(), ctypes.c_int32(partition), ctypes.c_int32(broker)
        )
        assert done == 0

    def read(self, topic: str, count: int) -> list[Message]:
        """The first messages of a topic, as a consumer of somebody else's reads them."""
        return self.read_until(topic, lambda found: len(found) >= count, most=count)

    def read_until(
        self, topic: str, whole: Callable[[list[Message]], bool], *, most: int = 10_000
    ) -> list[Message]:
        """The same, until what was read is whole; fails when no more comes before."""
        options = {
            "bootstrap.servers": self.bootstrap,
            "group.id": "somebody",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
        consumer = Consumer(options)
        consumer.subscribe([topic])
        found: list[Message] = []
        try:
            while not whole(found):
                got = consumer.consume(min(most - len(found), AT_ONCE), READ_SECONDS)
                assert got, f"no more than {len(found)} messages"
                assert not [one.error() for one in got if one.error()]
                found += got
        finally:
            consumer.close()
        return found


@contextlib.contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """Three brokers, gone afterwards."""
    library = _library()
    problem = ctypes.create_string_buffer(256)
    holder = ctypes.c_void_p(
        library.rd_kafka_new(
            _PRODUCER, ctypes.c_void_p(library.rd_kafka_conf_new()), problem, ctypes.c_size_t(256)
        )
    )
    assert holder.value, problem.value
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(holder, ctypes.c_int(3)))
    try:
        yield MockKafka(library, cluster)
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(holder)
