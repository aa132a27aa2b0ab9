locals {
  # What send_task receives when a schedule is due.
  # Scheduler fills in <aws.scheduler.scheduled-time>, which jsonencode would escape; so that token
  # stands outside of it, and whatever looks like one in a user's text stays escaped and thus text.
  inputs = { for name, schedule in var.schedules : name => join("", [
    "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",",
    trimprefix(jsonencode({ for key, value in {
      version      = 1
      schedule     = name
      task         = schedule.task
      args         = schedule.args
      worker       = schedule.worker == "default" ? null : schedule.worker
      tasks        = schedule.tasks
      tasks_file   = schedule.tasks_file
      tasks_s3_uri = schedule.tasks_s3_uri
      tasks_source = schedule.tasks_source
      retries      = schedule.retries
      max_age      = schedule.max_age
      notify_on    = var.notify_on == null ? null : sort(schedule.notify_on == null ? var.notify_on : schedule.notify_on)
      notify_to    = schedule.notify_to == null ? null : sort(compact(schedule.notify_to))
      mention      = schedule.mention
      heartbeat    = schedule.heartbeat
      pace         = schedule.pace
      after        = schedule.after == null ? null : sort(local.before[name])
      any_outcome  = schedule.after != null && schedule.after_any_outcome ? true : null
      enabled      = schedule.after != null && !schedule.enabled ? false : null
      overlap      = schedule.overlap == "allow" ? null : schedule.overlap
      skip_on      = schedule.skip_on == null ? null : local.days[name].skip_on
      only_on      = schedule.only_on == null ? null : local.days[name].only_on
      timezone     = schedule.timezone == null ? var.timezone : schedule.timezone
    } : key => value if value != null }), "{"),
  ]) }
}
