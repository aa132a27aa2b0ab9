# The days of skip_on and only_on. They are dates in the input, so that neither send_task nor anybody
# who asks when a schedule runs needs the calendars.

locals {
  day_fields = ["skip_on", "only_on"]

  # What each schedule names in both, dates and calendars.
  day_entries = { for name, schedule in var.schedules : name => { for field in local.day_fields :
    field => [for entry in coalesce(schedule[field], []) : entry == null ? "" : entry]
  } }

  calendar_names = distinct(flatten([for fields in local.day_entries : [for entries in fields : [
    for entry in entries : entry if can(regex("^[A-Za-z][0-9A-Za-z_-]{0,63}$", entry))
  ]]]))

  # The text of each calendar, null of one that is not there or is not a text.
  calendar_texts = { for name in local.calendar_names :
    name => try(replace(file("${var.task_code_dir}/calendars/${name}.txt"), "/\r|^\ufeff/", ""), null)
  }

  # Line by line: each begins with a date, or says nothing.
  calendar_lines = { for name, text in local.calendar_texts : name => split("\n", text == null ? "" : text) }

  calendar_days = { for name, lines in local.calendar_lines : name => [
    for line in lines : substr(line, 0, 10) if can(timeadd("${regex("^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\\s|$)", line)[0]}T00:00:00Z", "0s"))
  ] }

  calendar_bad_lines = { for name, lines in local.calendar_lines : name => [
    for number, line in lines : "line ${number + 1}, \"${substr(line, 0, 40)}\""
    if !can(regex("^\\s*(?:#|$)", line)) && !can(timeadd("${regex("^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\\s|$)", line)[0]}T00:00:00Z", "0s"))
  ] }

  # The dates of each schedule, sorted; those of the calendars among them.
  days = { for name, fields in local.day_entries : name => { for field, entries in fields : field => sort(distinct(flatten([
    for entry in entries : lookup(local.calendar_days, entry, [entry])
  ]))) } }

  # The days on which a schedule may run, where these are few enough to know: those of only_on, that of
  # at(...), or those of a cron that names years, months and days.
  possible_days = merge(
    { for name, lists in local.cron_lists : name => [
      for when in setproduct(lists.years, lists.months, lists.days) : format("%04d-%02d-%02d", when...)
    ] if lists.years != null && lists.months != null && lists.days != null },
    { for name, schedule in var.schedules : name => [substr(local.expressions[name], 3, 10)] if startswith(local.expressions[name], "at(") },
    { for name, schedule in var.schedules : name => local.days[name].only_on if schedule.only_on != null },
  )

  # Those that are left of them.
  possible_left = { for name, days in local.possible_days : name => [for day in days : day if
    !contains(local.days[name].skip_on, day) &&
    (var.schedules[name].only_on == null || contains(local.days[name].only_on, day)) &&
    (startswith(local.expressions[name], "at(") ? substr(local.expressions[name], 3, 10) == day : true) &&
    try(contains(local.cron_lists[name].years, tonumber(substr(day, 0, 4))), true) &&
    try(contains(local.cron_lists[name].months, tonumber(substr(day, 5, 2))), true) &&
    try(contains(local.cron_lists[name].days, tonumber(substr(day, 8, 2))), true) &&
    try(contains(local.cron_weekdays[name], index(local.weekday_names, upper(formatdate("EEE", "${day}T00:00:00Z")))), true)
  ] if var.schedules[name].skip_on != null || var.schedules[name].only_on != null }

  # Weekdays by position, 0 for Sunday, where the field has nothing but days and ranges of them.
  cron_weekdays = { for name, date in local.cron_dates : name => flatten([for part in split(",", date.weekdays) : [
    for ends in [[for value in split("-", part) : try(index(local.weekday_names, value), tonumber(value) - 1)]] : [
      for day in range(7) : day if ends[0] <= ends[length(ends) - 1] ? day >= ends[0] && day <= ends[length(ends) - 1] : day >= ends[0] || day <= ends[length(ends) - 1]
    ]
  ]]) if can(regex("^(?:[1-7]|[A-Z]{3})(?:[-,](?:[1-7]|[A-Z]{3}))*$", date.weekdays)) }

  # Problems of the entries themselves, before anything is made of them.
  day_entry_problems = { for name, schedule in var.schedules : name => flatten([for field in local.day_fields : [
    try(length(schedule[field]), 1) == 0 ? ["${field} is an empty list: leave it out, or give it dates or names of calendars"] : [],
    [for entry in local.day_entries[name][field] :
      "${field} has \"${entry}\": it must be a list of dates such as \"2027-12-24\", and of names of calendars such as \"DE\""
      if !can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", entry)) && !contains(local.calendar_names, entry)
    ],
    [for entry in local.day_entries[name][field] :
      "${field} has \"${entry}\": there is no such day"
      if can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", entry)) && !can(timeadd("${entry}T00:00:00Z", "0s"))
    ],
    [for calendar in local.day_entries[name][field] :
      "${field}: the calendar \"${calendar}\" is not there: it must be a text calendars/${calendar}.txt in the task folder ${var.task_code_dir}; `taskctl calendar ${calendar}` writes that of a country"
      if contains(local.calendar_names, calendar) && try(local.calendar_texts[calendar], "") == null
    ],
    [for calendar in local.day_entries[name][field] :
      "${field}: calendars/${calendar}.txt, ${local.calendar_bad_lines[calendar][0]}: each line must begin with a date such as 2027-12-24 that exists, or with #"
      if length(lookup(local.calendar_bad_lines, calendar, [])) > 0
    ],
    [for calendar in local.day_entries[name][field] :
      "${field}: calendars/${calendar}.txt has no day"
      if try(local.calendar_texts[calendar], null) != null && length(concat(lookup(local.calendar_days, calendar, [""]), lookup(local.calendar_bad_lines, calendar, []))) == 0
    ],
  ]]) }

  calendar_problems = { for name, problems in local.day_entry_problems : name => (
    length(problems) == 0 && length(local.expression_problems[name]) == 0 && try(length(local.possible_left[name]) == 0, false)
    ? ["${join(" and ", [for field in local.day_fields : field if var.schedules[name][field] != null])}: no day is left on which ${var.schedules[name].after == null ? "${local.expressions[name]} is due" : "it may run"}"]
    : problems
  ) }

  soon = timeadd(local.now, "1440h") # 60 days

  # The last day of each calendar, and of each only_on: dates sort as texts do.
  calendar_ends = { for name, days in local.calendar_days : name => reverse(sort(days))[0] if length(days) > 0 }
  only_ends     = { for name, days in local.possible_left : name => reverse(sort(days))[0] if var.schedules[name].only_on != null && length(days) > 0 }

  calendar_warnings = { for name, schedule in var.schedules : name => length(local.calendar_problems[name]) > 0 || startswith(local.expressions[name], "at(") ? [] : concat(
    flatten([for field in local.day_fields : [for entry in local.day_entries[name][field] :
      "${field}: the calendar \"${entry}\" ends on ${local.calendar_ends[entry]}, less than 60 days from now: `taskctl calendar` writes the next three years of a country"
      if try(timecmp("${local.calendar_ends[entry]}T00:00:00Z", local.soon) < 0, false)
    ]]),
    try(timecmp("${local.only_ends[name]}T00:00:00Z", local.soon) < 0, false)
    ? ["only_on ends on ${local.only_ends[name]}, less than 60 days from now: it does not run after that"]
    : [],
  ) }
}
