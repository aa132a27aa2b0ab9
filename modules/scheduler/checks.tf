# Rules that neither Terraform's types nor the provider check. AWS would refuse most violations half way
# through an apply; the rest would run and do nothing.

locals {
  # A map, because looking up a zone in a set walks through all of them.
  timezones = { for zone in split("\n", trimspace(replace(file("${path.module}/timezones.txt"), "\r", ""))) : zone => true }

  max_input_bytes = 200000   # AWS publishes no clear maximum.
  max_file_bytes  = 50000000 # Code and layers of a function may have 250 MB in all.

  max_mention_length = 200 # The text of a whole message may have 2,000, in Discord.

  whole_numbers = {
    expected_every          = { min = 60, max = 315360000, meaning = "seconds, up to 10 years; if not given, its silence is not watched" }
    finish_within           = { min = 60, max = 315360000, meaning = "seconds, up to 10 years; if not given, its runs may take any time" }
    flexible_window_minutes = { min = 1, max = 1440, meaning = "minutes, up to a day; if not given, it runs exactly when due" }
    retries                 = { min = 0, max = 100, meaning = "tries after the first" }
    max_age                 = { min = 1, max = 1209600, meaning = "seconds, up to 14 days; unlimited if not given" }
    delivery_retries        = { min = 0, max = 185, meaning = "tries after the first" }
    delivery_max_age        = { min = 60, max = 86400, meaning = "seconds, a minute to a day" }
  }

  # Seconds between two runs, of those schedules that say so as a rate.
  rate_seconds = { for name, schedule in var.schedules : name =>
    tonumber(regex("^rate\\((\\d+) ", local.expressions[name])[0]) * { minute = 60, hour = 3600, day = 86400 }[regex("(minute|hour|day)s?\\)$", local.expressions[name])[0]]
    if can(regex("^rate\\(\\d+ (minute|hour|day)s?\\)$", local.expressions[name]))
  }

  # Where the list of each schedule comes from.
  lists = { for name, schedule in var.schedules : name => [
    for field in ["tasks", "tasks_file", "tasks_s3_uri", "tasks_source"] : field if schedule[field] != null
  ] }

  # The targets that each schedule names.
  targets = { for name, schedule in var.schedules : name => compact(coalesce(schedule.notify_to, [])) }

  # Bucket and key of each list in S3.
  objects = { for name, schedule in var.schedules : name => flatten([
    for uri in schedule.tasks_s3_uri[*] : [for parts in regexall("^s3://([^/]+)/(.+)$", uri) : { bucket = parts[0], key = parts[1] }]
  ]) }

  # Bytes of each task file, null if it cannot be read.
  file_sizes = { for file in distinct([for schedule in var.schedules : schedule.tasks_file if schedule.tasks_file != null]) :
    file => try(length(filebase64("${var.task_code_dir}/${file}")) * 3 / 4, null)
  }

  # Bytes of what each schedule would send.
  input_sizes = { for name, input in local.inputs : name => length(base64encode(input)) * 3 / 4 }

  pace_pattern = "^0*([1-9][0-9]{0,6})/(minute|hour)$"

  # Days that the lists take whose length is known.
  pace_days = { for name, schedule in var.schedules : name => (
    length(schedule.tasks) * 1.02 / regex(local.pace_pattern, schedule.pace)[0] / (endswith(schedule.pace, "minute") ? 1440 : 24)
  ) if schedule.tasks != null && can(regex(local.pace_pattern, schedule.pace)) }

  # Bytes of each description: of base64's, without what it is padded with.
  description_bytes = { for name, schedule in var.schedules : name => [for encoded in [for text in schedule.description[*] : base64encode(text)] :
    length(encoded) * 3 / 4 - length(regexall("=", encoded))
  ] }

  problems = flatten([for name, schedule in var.schedules : [for problem in concat(
    local.after_problems[name],
    [for problem in schedule.after == null ? local.expression_problems[name] : [] : "expression \"${local.expressions[name]}\": ${problem}"],

    # Its name.
    length(name) > 64 ? ["its name has ${length(name)} characters, ${length(name) - 64} too many: AWS takes 64"] : [],
    can(regex("^[0-9A-Za-z_.-]+$", name)) ? [] : ["its name must be made of letters, digits, _ . and -"],

    # When it runs.
    [for zone in schedule.timezone[*] :
      "timezone \"${zone}\" is not an IANA time zone: it must be a name such as \"Europe/Berlin\" or \"UTC\", with these capitals"
      if !lookup(local.timezones, zone, false)
    ],
    [for field in ["start_date", "end_date"] :
      "${field} \"${schedule[field]}\" must be an existing date and time in UTC, such as 2027-01-01T00:00:00Z"
      if schedule[field] == null ? false : !can(regex("^[0-9-]+T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", schedule[field])) || !can(timeadd(schedule[field], "0s"))
    ],
    schedule.expected_every != null && can(regex("^at\\(", local.expressions[name]))
    ? ["expected_every is given, but at(...) is due only once: leave it out"]
    : [],
    schedule.finish_within != null && schedule.overlap == "skip" && try(schedule.finish_within > local.shortest_seconds[name], false)
    ? ["finish_within is ${coalesce(schedule.finish_within, 0)}, longer than the ${try(local.shortest_seconds[name], 0)} seconds between two runs, but with overlap = \"skip\" those that are due meanwhile are skipped: make it ${try(local.shortest_seconds[name], 0)} at most, or let overlap be \"allow\" or \"queue\""]
    : [],
    contains(["allow", "skip", "queue"], schedule.overlap)
    ? []
    : ["overlap is \"${schedule.overlap}\": it must be \"allow\", \"skip\" or \"queue\""],
    contains(["skip", "queue"], schedule.overlap) && can(regex("^at\\(", local.expressions[name]))
    ? ["overlap is \"${schedule.overlap}\", but at(...) is due only once: leave it out"]
    : [],
    local.calendar_problems[name],
    try(timecmp(schedule.start_date, schedule.end_date), -1) < 0
    ? []
    : ["end_date ${schedule.end_date} must be later than start_date ${schedule.start_date}"],

    # What it runs.
    schedule.task == null && length(local.lists[name]) == 0
    ? ["it has nothing to do: give it a task, a list (tasks, tasks_file, tasks_s3_uri or tasks_source), or both"]
    : [],
    length(local.lists[name]) > 1
    ? ["${join(" and ", local.lists[name])} are given: its list comes from one of them"]
    : [],
    [for uri in schedule.tasks_s3_uri[*] :
      "tasks_s3_uri \"${uri}\" must be s3://bucket/key, and end in .txt, .jsonl or .csv, or one of them and .gz, after a name"
      if !can(regex("^s3://[^/]+/(?:.*/)?\\.*[^/.][^/]*\\.(?:txt|jsonl|csv)(?:\\.gz)?$", uri))
    ],
    [for object in local.objects[name] :
      "tasks_s3_uri: no bucket is called \"${object.bucket}\"; a name has 3 to 63 small letters, digits, hyphens and single dots, the first and the last a letter or a digit, and is not an IP address"
      if !can(regex("^[0-9a-z][0-9a-z.-]{1,61}[0-9a-z]$", object.bucket)) || can(regex("\\.\\.|^[0-9]+(?:\\.[0-9]+){3}$", object.bucket))
    ],
    [for object in local.objects[name] :
      "tasks_s3_uri has a key of ${length(object.key)} characters, ${length(object.key) - 1024} too many: S3 takes 1024"
      if length(object.key) > 1024
    ],
    [for source in schedule.tasks_source[*] :
      "tasks_source is empty: it must be the name of a generator" if trimspace(source) == ""
    ],
    schedule.args != null && schedule.task == null
    ? ["args are given but no task: they are arguments of a function, so name it in task"]
    : [],
    [for worker in schedule.worker[*] :
      "worker \"${worker}\" is not there: it must be one of ${join(", ", sort(var.workers))}"
      if !contains(var.workers, worker)
    ],
    [for task in schedule.task[*] : "task is empty: it must be the name of a function" if trimspace(task) == ""],
    try(length(schedule.tasks), 1) == 0 ? ["tasks is an empty list: leave it out, or give it a task"] : [],
    [for position, text in coalesce(schedule.tasks, []) :
      "tasks: number ${position + 1} is empty; each must be a string with text in it"
      if try(trimspace(text), "") == ""
    ],
    [for file in schedule.tasks_file[*] :
      "tasks_file \"${file}\" must be a path within the task folder, without .., a leading / or hidden folders"
      if !can(regex("^[^./\\\\][^/\\\\]*(?:/[^./\\\\][^/\\\\]*)*$", file))
    ],
    [for file in schedule.tasks_file[*] :
      "tasks_file \"${file}\" is of an unknown kind: it must end in .txt, .jsonl or .csv, or one of them and .gz"
      if !can(regex("\\.(?:txt|jsonl|csv)(?:\\.gz)?$", file))
    ],
    [for file in schedule.tasks_file[*] :
      "tasks_file \"${file}\" is not there: it must be a file in the task folder ${var.task_code_dir}"
      if local.file_sizes[file] == null
    ],
    [for file in schedule.tasks_file[*] :
      "tasks_file \"${file}\" is empty: it must hold at least one task"
      if local.file_sizes[file] == 0
    ],
    [for file in schedule.tasks_file[*] :
      "tasks_file \"${file}\" has ${ceil(local.file_sizes[file] / 1000000)} MB; up to ${local.max_file_bytes / 1000000} MB are packed with the code: put it into S3, with tasks_s3_uri"
      if local.file_sizes[file] == null ? false : local.file_sizes[file] > local.max_file_bytes
    ],
    local.input_sizes[name] > local.max_input_bytes
    ? ["its tasks, args and days make an input of ${local.input_sizes[name]} bytes, more than the ${local.max_input_bytes} that fit: put the list into a file or into S3, with tasks_file or tasks_s3_uri"]
    : [],

    [for pace in schedule.pace[*] :
      "pace is \"${pace}\": it must be a whole number from 1 to 9999999 and a unit, such as \"300/minute\" or \"100/hour\""
      if !can(regex(local.pace_pattern, pace))
    ],
    [for pace in schedule.pace[*] :
      "pace is given, but the queue of the worker \"${coalesce(schedule.worker, "default")}\" is FIFO, in which SQS delays no single message: leave it out, or take another worker"
      if contains(var.fifo_workers, coalesce(schedule.worker, "default"))
    ],
    [for pace in schedule.pace[*] :
      "pace is given, and message_retention is ${var.message_retention}: it must be at least 1800 (30 minutes), since tasks wait on the queue for up to 15 minutes"
      if var.message_retention < 1800
    ],
    [for age in schedule.max_age[*] :
      "pace is given, and max_age is ${age}: it must be at least 1800 (30 minutes), since tasks wait on the queue for up to 15 minutes"
      if schedule.pace != null && age < 1800
    ],
    [for days in try([local.pace_days[name]], []) :
      "pace is \"${schedule.pace}\": its ${length(schedule.tasks)} tasks take ${ceil(days)} days, more than the 14 for which SQS keeps a message: it must be faster, or the list shorter"
      if days > 14
    ],

    # Whom it notifies.
    [for word in setsubtract(coalesce(schedule.notify_on, []), ["success", "failure", "recovery"]) :
      "notify_on has \"${word}\": it must be a list of \"success\", \"failure\" and \"recovery\""
    ],
    schedule.notify_on != null && var.notify_on == null && length(coalesce(schedule.notify_on, [])) > 0
    ? ["notify_on is given, but there is no target: the variable notify must name where the URLs of chat services are"]
    : [],

    [for field in ["notify_to", "mention"] :
      "${field} is given, but there is no target: the variable notify must name where the URLs of chat services are"
      if schedule[field] != null && var.notify_on == null
    ],
    try(length(schedule.notify_to), 1) == 0
    ? ["notify_to is an empty list: leave it out for every target, or give notify_on = [] for no notification"]
    : [],
    [for position, target in coalesce(schedule.notify_to, []) :
      "notify_to: number ${position + 1} is empty; each must be the name of a target"
      if try(trimspace(target), "") == ""
    ],
    [for target in distinct(local.targets[name]) :
      "notify_to has \"${target}\" more than once: it must be a list of different names"
      if length([for other in local.targets[name] : other if other == target]) > 1
    ],
    schedule.heartbeat != null && var.notify_on == null
    ? ["heartbeat is given, but there is no monitor: the variable notify must name where its address is"]
    : [],
    [for monitor in schedule.heartbeat[*] :
      "heartbeat is \"${monitor}\": it must be the name of a monitor, of letters, digits, _ . and -, that its address has in the parameter or the secret of notify"
      if !can(regex("^[0-9A-Za-z_.-]+$", monitor))
    ],
    [for text in schedule.mention[*] : "mention is empty: it must be whom to mention, such as \"@oncall\"" if trimspace(text) == ""],
    [for text in schedule.mention[*] :
      "mention must be one line of up to ${local.max_mention_length} characters, such as \"@oncall\""
      if length(text) > local.max_mention_length || can(regex("[[:cntrl:]]", text))
    ],

    # Numbers and texts.
    [for field, legal in local.whole_numbers :
      "${field} is ${schedule[field]}: it must be a whole number from ${legal.min} to ${legal.max} (${legal.meaning})"
      if schedule[field] == null ? false : schedule[field] < legal.min || schedule[field] > legal.max || floor(schedule[field]) != schedule[field]
    ],
    [for bytes in local.description_bytes[name] :
      "description has ${bytes} bytes, ${bytes - 512} too many: AWS takes 512, and a character beyond ASCII takes 2 to 4"
      if bytes > 512
    ],
  ) : "schedule \"${name}\": ${problem}"]])
}
