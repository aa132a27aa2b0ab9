# Schedules that are legal but probably a mistake: each plan warns of them.

locals {
  now = plantimestamp()

  # No zone is further from UTC than 14 hours, so a local time is past for certain only then; UTC at once.
  slack = { for name, schedule in var.schedules : name =>
    contains(["UTC", "Etc/UTC"], coalesce(schedule.timezone, var.timezone)) ? "0h" : "14h"
  }

  # When each at(...) is due, as if in UTC.
  moments = { for name, schedule in var.schedules : name => "${one(regex("^at\\((.*)\\)$", local.expressions[name]))}Z"
    if startswith(local.expressions[name], "at(") && length(local.expression_problems[name]) == 0
  }

  # The days of a month that there must be: 31W is the weekday next to the 31st.
  needed_days = { for name, date in local.cron_dates : name =>
    can(regex("^[0-9W,]+$", date.days)) ? [for day in split(",", date.days) : tonumber(trimsuffix(day, "W"))] : null
  }

  # A year of 366 days stands for all of them.
  never = [for name, date in local.cron_lists : name if local.needed_days[name] != null && date.months != null && !anytrue([
    for when in setproduct(coalesce(date.years, [2028]), coalesce(date.months, []), coalesce(local.needed_days[name], [])) :
    can(timeadd(format("%04d-%02d-%02dT00:00:00Z", when...), "0s"))
  ])]

  # What a field of weekdays means to AWS, whose week begins with 1 for Sunday, not with 0.
  weekdays = { for name, date in local.cron_dates : name => join(",", [for part in split(",", date.weekdays) :
    join("-", [for value in split("-", part) : "${local.weekday_names[tonumber(substr(value, 0, 1)) - 1]}${substr(value, 1, -1)}"])
  ]) if can(regex("^[1-7](?:[-,][1-7])*(?:#[1-5]|L)?$", date.weekdays)) }

  # What it means to cron.
  unix_weekdays = { for name in keys(local.weekdays) : name => join(",", [for part in split(",", local.cron_dates[name].weekdays) :
    join("-", [for value in split("-", part) : "${local.weekday_names[tonumber(substr(value, 0, 1)) % 7]}${substr(value, 1, -1)}"])
  ]) }

  warnings = flatten([for name, schedule in var.schedules : [for warning in concat(
    [for moment in try([local.moments[name]], []) :
      "${local.expressions[name]} is past: it never runs, and AWS may refuse it"
      if timecmp(timeadd(moment, local.slack[name]), local.now) < 0
    ],
    [for start in schedule.start_date[*] :
      "start_date ${start} is past: AWS may refuse it when the schedule is created or changed: remove it"
      if can(timeadd(start, "0s")) && try(timecmp(start, local.now), 1) < 0
    ],
    [for end in schedule.end_date[*] :
      "end_date ${end} is past: it no longer runs"
      if can(timeadd(end, "0s")) && try(timecmp(end, local.now), 1) < 0
    ],
    contains(local.never, name)
    ? ["${local.expressions[name]} never runs: there is no such day in these months"]
    : [],
    local.calendar_warnings[name],
    try(max(local.cron_lists[name].years...) < tonumber(formatdate("YYYY", local.now)), false)
    ? ["${local.expressions[name]} never runs: its years are past"]
    : [],
    [for meaning in try([local.weekdays[name]], []) :
      "day-of-week ${local.cron_dates[name].weekdays} is ${meaning} to AWS, whose week begins with 1 for Sunday: say so by name, or ${local.unix_weekdays[name]} if that is meant"
    ],
  ) : "schedule \"${name}\": ${warning}"]])
}

check "schedules" {
  assert {
    condition     = length(local.warnings) == 0
    error_message = join("\n  ", concat(["Schedules that are probably a mistake:"], local.warnings))
  }
}
