"""When a schedule fires, as EventBridge Scheduler does it. No library passed the tests.

expressions  rate(...), cron(...) and at(...) read
cron         the fields of cron, and the local times that satisfy them
due_times local times made due times: zones, daylight saving, start and end
zones        IANA time zones
"""
