# The shortest time between two runs of a schedule, as far as a plan can tell: `taskctl check` has the
# calendar for days such as the last one or the third Friday. Clock changes are left aside.

locals {
  # The fields of the cron expressions whose shortest interval matters, with their first value and how many
  # there are; weekdays as numbers.
  interval_fields = { for name, fields in local.cron_expressions : name => [
    { text = fields[0], first = 0, size = 60 },
    { text = fields[1], first = 0, size = 24 },
    { text = fields[2], first = 1, size = 31 },
    {
      text  = join("", [for token in regexall("[A-Z]+|[^A-Z]+", fields[4]) : try(index(local.weekday_names, token) + 1, token)])
      first = 1
      size  = 7
    },
  ] if var.schedules[name].finish_within != null && var.schedules[name].overlap == "skip" && contains(keys(local.cron_dates), name) }

  # The first, the last and the step of each part of each field; none of those that only a calendar tells.
  interval_parts = { for name, fields in local.interval_fields : name => [for field in fields : [
    for parts in [for part in split(",", field.text) : regex("^([*?]|\\d+)(?:-(\\d+))?(?:/(\\d+))?$", part) if can(regex("^[*?0-9/-]+$", part))] : {
      first = try(tonumber(parts[0]), field.first)
      last = (
        parts[1] != null ? tonumber(parts[1]) + (tonumber(parts[1]) < tonumber(parts[0]) ? field.size : 0) :
        !can(tonumber(parts[0])) || parts[2] != null ? field.first + field.size - 1 :
        tonumber(parts[0])
      )
      step = parts[2] == null ? 1 : tonumber(parts[2])
    }
  ]] }

  # The values that each field means.
  interval_values = { for name, fields in local.interval_parts : name => [for position, parts in fields : distinct(flatten([
    for part in parts : [for value in range(part.first, part.last + 1, part.step) :
      (value - local.interval_fields[name][position].first) % local.interval_fields[name][position].size + local.interval_fields[name][position].first
    ]
  ]))] }

  # The minutes of a day at which it is due, ascending.
  due_minutes = { for name, values in local.interval_values : name => [
    for minute in sort([for time in setproduct(values[1], values[0]) : format("%04d", time[0] * 60 + time[1])]) : tonumber(minute)
  ] }

  # Those that are due on two days in a row.
  due_daily = { for name, values in local.interval_values : name => (
    var.schedules[name].skip_on == null && var.schedules[name].only_on == null &&
    anytrue([for day in values[2] : contains(values[2], day + 1)]) &&
    anytrue([for weekday in values[3] : contains(values[3], weekday % 7 + 1)])
  ) }

  cron_seconds = { for name, minutes in local.due_minutes : name => 60 * min(concat(
    [for number, minute in slice(minutes, 1, length(minutes)) : minute - minutes[number]],
    local.due_daily[name] ? [1440 - minutes[length(minutes) - 1] + minutes[0]] : [],
  )...) if length(minutes) > 1 || local.due_daily[name] }

  # Seconds between two runs, the fewest that there may be.
  shortest_seconds = merge(local.rate_seconds, local.cron_seconds)
}
