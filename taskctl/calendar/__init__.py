"""The due times of schedules, as EventBridge Scheduler has them. No library passed the tests.

expressions  parse rate(...), cron(...) and at(...)
cron         the fields of cron, and the local times that match them
due_times    due times from local times: zones, daylight saving, start and end
frequency    runs a month
zones        IANA time zones
"""
