# The provider passes expressions on unread, and AWS refuses a wrong one only at apply. The rules are
# those of the EventBridge Scheduler User Guide, "Schedule types". What it leaves open is accepted:
# rate(1 hours), cron without the year, names in lower case, blanks between fields.

locals {
  # One value of each field of cron, as a regular expression.
  cron_value = {
    minutes      = "[0-5]?[0-9]"
    hours        = "(?:[01]?[0-9]|2[0-3])"
    day_of_month = "(?:0?[1-9]|[12][0-9]|3[01])"
    month        = "(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    day_of_week  = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
    year         = "(?:19[7-9][0-9]|2[01][0-9][0-9])"
  }

  # All values, one, or a range, which may wrap (22-2, FRI-MON).
  cron_range = { for field, value in local.cron_value : field => "(?:\\*|${value}(?:-${value})?)" }

  cron_step = "(?:/0*[1-9][0-9]*)?"

  # The fields in their order; what stands between commas in each of them; what a whole field may be instead.
  cron_fields = [for field in [
    {
      name    = "minutes"
      element = "${local.cron_range.minutes}${local.cron_step}"
      instead = ""
      legal   = "0-59, with , - * /"
    },
    {
      name    = "hours"
      element = "${local.cron_range.hours}${local.cron_step}"
      instead = ""
      legal   = "0-23, with , - * /"
    },
    {
      name    = "day-of-month"
      element = "(?:${local.cron_range.day_of_month}${local.cron_step}|${local.cron_value.day_of_month}W|LW?)"
      instead = "|\\?"
      legal   = "1-31, with , - * ? / L W"
    },
    {
      name    = "month"
      element = "${local.cron_range.month}${local.cron_step}"
      instead = ""
      legal   = "1-12 or JAN-DEC, with , - * /"
    },
    {
      name    = "day-of-week"
      element = "(?:${local.cron_range.day_of_week}|${local.cron_value.day_of_week}?L)"
      instead = "|\\?|${local.cron_value.day_of_week}#[1-5]"
      legal   = "1-7 or SUN-SAT, with , - * ? L, or one day with # and 1-5"
    },
    {
      name    = "year"
      element = "${local.cron_range.year}${local.cron_step}"
      instead = ""
      legal   = "1970-2199, with , - * /"
    },
    ] : {
    name    = field.name
    legal   = field.legal
    pattern = "^(?:${field.element}(?:,${field.element})*${field.instead})$"
  }]

  cron_expressions = { for name, schedule in var.schedules :
    name => regexall("\\S+", upper(trimsuffix(trimprefix(local.expressions[name], "cron("), ")")))
    if can(regex("^cron\\(.*\\)$", local.expressions[name]))
  }

  # Five fields as cron has them, bare or within cron(...), said as AWS has them; weekdays by name, which
  # are counted from 0 there. Where both days are given cron takes either, which are two schedules here.
  unix_fields = { for name, schedule in var.schedules : name => regexall("\\S+", upper(trimsuffix(trimprefix(local.expressions[name], "cron("), ")")))
    if can(regex("^(?:cron\\()?[0-9*/,-]+ +[0-9*/,-]+ +[0-9*/,-]+ +[0-9A-Za-z*/,-]+ +[0-9A-Za-z*/,-]+\\)?$", local.expressions[name]))
  }

  unix_hints = { for name, fields in local.unix_fields : name => "five fields are cron's; to AWS that is ${join(" and ", [
    for days in(
      fields[4] == "*" ? [[fields[2], "?"]] :
      fields[2] == "*" ? [["?", local.unix_weekday_fields[name]]] :
      [[fields[2], "?"], ["?", local.unix_weekday_fields[name]]]
    ) : "cron(${fields[0]} ${fields[1]} ${days[0]} ${fields[3]} ${days[1]} *)"
  ])}" }

  unix_weekday_fields = { for name, fields in local.unix_fields : name => join(",", [for part in split(",", fields[4]) :
    join("-", [for value in split("-", part) : try(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"][tonumber(value)], value)])
  ]) }

  unix_names = {
    "@yearly"   = "0 0 1 JAN ? *"
    "@annually" = "0 0 1 JAN ? *"
    "@monthly"  = "0 0 1 * ? *"
    "@weekly"   = "0 0 ? * SUN *"
    "@daily"    = "0 0 * * ? *"
    "@midnight" = "0 0 * * ? *"
    "@hourly"   = "0 * * * ? *"
  }

  # Such as @daily.
  unix_name_hints = { for name, schedule in var.schedules : name =>
    "${local.expressions[name]} is cron's; to AWS that is cron(${local.unix_names[lower(local.expressions[name])]})"
    if contains(keys(local.unix_names), lower(local.expressions[name]))
  }

  cron_problems = { for name, fields in local.cron_expressions : name => (
    contains([5, 6], length(fields))
    ? concat(
      [for position, field in fields :
        "${local.cron_fields[position].name} \"${field}\" must be ${local.cron_fields[position].legal}"
        if !can(regex(local.cron_fields[position].pattern, field))
      ],
      (fields[2] == "?") != (fields[4] == "?") ? [] : ["one of the two day fields must be ?, and only one"],
    )
    : ["cron has six fields, not ${length(fields)}: minutes hours day-of-month month day-of-week year"]
  ) }

  rate_problems = { for name, schedule in var.schedules : name => (
    can(regex("^rate\\(0*[1-9][0-9]* +(?:minute|hour|day)s?\\)$", local.expressions[name]))
    ? []
    : ["rate(value unit) takes a whole number from 1, and minutes, hours or days, such as rate(15 minutes)"]
  ) if startswith(local.expressions[name], "rate(") }

  at_problems = { for name, schedule in var.schedules : name => (
    can(timeadd("${one(regex("^at\\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\\)$", local.expressions[name]))}Z", "0s"))
    ? []
    : ["at(yyyy-mm-ddThh:mm:ss) takes a date and time that exist, without a zone (that goes into timezone) or fractions of a second"]
  ) if startswith(local.expressions[name], "at(") }

  long_expressions = { for name, schedule in var.schedules : name => [
    "it has ${length(local.expressions[name])} characters, more than the 256 that AWS takes: split it into several schedules",
  ] if length(local.expressions[name]) > 256 }

  expression_problems = merge(
    { for name, schedule in var.schedules : name => [
      "it must be rate(value unit), cron(minutes hours day-of-month month day-of-week year) or at(yyyy-mm-ddThh:mm:ss)",
    ] },
    local.rate_problems,
    local.cron_problems,
    local.at_problems,
    { for name, hint in merge(local.unix_hints, local.unix_name_hints) : name => [hint] },
    local.long_expressions,
  )

  # The fields of each legal cron, with the year that may be left out.
  cron_dates = { for name, fields in local.cron_expressions : name => {
    days     = fields[2]
    months   = fields[3]
    weekdays = fields[4]
    years    = length(fields) == 6 ? fields[5] : "*"
  } if length(local.expression_problems[name]) == 0 && var.schedules[name].after == null }

  month_names   = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
  weekday_names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

  # Lists of plain values as numbers; null for whatever else a field may be.
  cron_lists = { for name, date in local.cron_dates : name => {
    days = can(regex("^[0-9,]+$", date.days)) ? [for day in split(",", date.days) : tonumber(day)] : null
    months = can(regex("^[0-9A-Z,]+$", date.months)) ? [
      for month in split(",", date.months) : try(index(local.month_names, month) + 1, tonumber(month))
    ] : null
    years = can(regex("^[0-9,]+$", date.years)) ? [for year in split(",", date.years) : tonumber(year)] : null
  } }
}
