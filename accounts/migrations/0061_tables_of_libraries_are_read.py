"""What Django and Celery keep beside our rows is written by the owner's role, as it migrates.

Tables begin with every privilege for the application. It could say that a migration ran, name
models that are none, or switch the sealing of evidence off in the timetable.

Sessions are what it writes; of the timetable, when a task ran last.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants

READ = (
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_celery_beat_clockedschedule",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_periodictasks",
    "django_celery_beat_solarschedule",
    "django_content_type",
    "django_migrations",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0060_data_keys_and_permits"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        *(grants(table, "SELECT") for table in READ),
        grants(
            "django_celery_beat_periodictask", "SELECT", "UPDATE (last_run_at, total_run_count)"
        ),
    ]
