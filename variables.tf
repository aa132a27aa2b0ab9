variable "prefix" {
  description = "The beginning of every name, so that an account can have several instances: 1 to 54 letters, digits, hyphens and underscores. The schedule group is named by it alone. Changing it replaces everything and deletes the queues with all that is on them: let tasks run out before, and carry dead letters over with `taskctl failed --export FILE` and `taskctl redrive --from FILE`."
  type        = string
  default     = "cdklab"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]+$", var.prefix))
    error_message = "prefix is \"${var.prefix}\": it must be made of letters, digits, hyphens and underscores, which all of the services accept in names."
  }

  validation {
    condition     = length(var.prefix) <= 54
    error_message = "prefix \"${var.prefix}\" is ${length(var.prefix) - 54} characters too long: a role's name may have 64, which with \"-send-task\" leaves 54 for the prefix."
  }

  validation {
    condition     = var.prefix != "default"
    error_message = "prefix is \"default\": the schedule group of that name belongs to AWS. Any other name will do."
  }
}

variable "timezone" {
  description = "IANA time zone of the schedules that name none, such as \"Europe/Berlin\" or \"UTC\"."
  type        = string
  default     = "Asia/Taipei"
  nullable    = false
}

variable "schedules" {
  description = <<-EOT
    What runs, and when. The key is the schedule's name: 1 to 64 letters, digits, `_`, `.` and `-`.

    When:
    - `expression`: `rate(value unit)`, `cron(minutes hours day-of-month month day-of-week year)` with `?` in one of the two day fields and weekdays better by name (1 is Sunday), or `at(yyyy-mm-ddThh:mm:ss)` for once.
    - `after`: instead of an expression, the names of the schedules that it follows: it runs, within about a minute, when each of them has had a run that succeeded since it last ran after them, once for all of them. Runs by hand and backfills of theirs count, a dead letter that is sent again and completes a run does, too. A chain may have 8 schedules. In a task, `context.parents` has the runs that it follows. With `after` anywhere, keep_runs comes every minute instead of every 5.
    - `after_any_outcome`: true has it run when each of them has ended, whether it succeeded, failed or was cancelled. Default false.
    - `timezone`: IANA time zone of cron and at; `var.timezone` if not given.
    - `description`: a note that the console shows, up to 512 bytes, of which a character beyond ASCII takes 2 to 4.
    - `enabled`: false keeps the schedule, which then does not run. Default true.
    - `overlap`: what becomes of a run that is due while the one before it still runs: `allow` runs both (the default), `skip` leaves the new one out, `queue` has one wait, which starts within a minute or two of the end, and leaves further ones out. What is left out is recorded with its reason. With `queue` anywhere, keep_runs comes every minute instead of every 5.
    - `skip_on`: the days on which it does not run, in its time zone: dates such as `2027-12-24`, and names of calendars. A calendar is a file in `calendars/` of `task_code_dir`, its name and `.txt`, with a date a line and whatever is said about it behind; `taskctl calendar COUNTRY` writes one of public holidays. What is left out is recorded as skipped. A plan warns of a calendar that ends within 60 days.
    - `only_on`: the days on which alone it runs, likewise; `skip_on` is taken from them.
    - `expected_every`: people are notified, and one alarm of the stack goes off, when it has not run for so many seconds, from 60 on; slightly more than the longest time between two runs, such as 90000 (25 hours) for a daily one. keep_runs notices it, up to five minutes late. Not watched if not given, and with `enabled = false`.
    - `finish_within`: the same when a run has not ended so many seconds after it was due, from 60 on. With `overlap = "skip"` it is at most the shortest time between two runs; where only a calendar tells that, as for the last day of a month, `taskctl check` refuses it and a plan does not. Not watched if not given.
    - `flexible_window_minutes`: runs at any moment within so many minutes after it is due, 1 to 1440 (a day); exactly when due if not given.
    - `start_date`, `end_date`: runs only between these, RFC 3339 in UTC, such as `2027-01-01T00:00:00Z`; AWS ignores them for at. Remove a `start_date` once it is past: AWS may refuse it when the schedule is changed or created again.

    What, with a `task`, a list or both; the list is one of `tasks`, `tasks_file`, `tasks_s3_uri` and `tasks_source`:
    - `task`: name of the function that runs each task of the list, or runs once if there is no list. Without it the lines of the list are printed.
    - `args`: arguments of that function, by name.
    - `worker`: the worker that runs its tasks, a key of `workers`; the default one if not given. A line of a list may name another.
    - `tasks`: the list as texts, each one task. The whole must fit into 200,000 bytes.
    - `tasks_file`: the list as a file within `task_code_dir`, up to 50 MB: `.txt` (a task a line), `.jsonl` or `.csv`, or one of them packed as `.gz`.
    - `tasks_s3_uri`: the list as an object in S3, `s3://bucket/key`, of the same kinds and any size, read when the schedule is due.
    - `tasks_source`: the name of a generator in your code, `@task_source("name")`, which makes the list when the schedule is due.

    - `pace`: how many of its tasks may start in a minute or an hour, such as `300/minute`, for services with limits. They are spread by delays of up to 15 minutes, and what is due later is sent later. Retries come on top. Not with a FIFO queue; the results of its tasks are not in messages.

    If something fails:
    - `retries`: how often a task that failed is tried again, 0 to 100. Default 2.
    - `max_age`: a task that has waited on the queue for more than so many seconds, 1 to 1209600 (14 days), is not started and becomes a dead letter instead; any time if not given.
    - `delivery_retries`: how often Scheduler tries again to hand a run over, 0 to 185. Default 3.
    - `delivery_max_age`: and for how long, in seconds, 60 to 86400 (a day). Default 3600 (an hour).
    - `notify_on`: which of its runs send a message; `var.notify_on` if not given, `[]` for none.
    - `notify_to`: names of the targets that get them; all of them if not given.
    - `heartbeat`: the name of a monitor among the targets of `notify`, at healthchecks.io or Cronitor, which is pinged when a run starts and when it has succeeded or failed. It notices what nobody here can: that nothing runs at all.
    - `mention`: whom a message about a failure mentions, in the chat service's own form, such as `<!subteam^S0123ABCD>` or `@oncall`, in one line of up to 200 characters. Nothing else in a message can ping anybody.
  EOT
  type = map(object({
    expression              = optional(string)
    after                   = optional(list(string))
    after_any_outcome       = optional(bool, false)
    timezone                = optional(string)
    description             = optional(string)
    enabled                 = optional(bool, true)
    expected_every          = optional(number)
    finish_within           = optional(number)
    flexible_window_minutes = optional(number)
    start_date              = optional(string)
    end_date                = optional(string)
    task                    = optional(string)
    args                    = optional(map(string))
    worker                  = optional(string)
    tasks                   = optional(list(string))
    tasks_file              = optional(string)
    tasks_s3_uri            = optional(string)
    tasks_source            = optional(string)
    retries                 = optional(number, 2)
    max_age                 = optional(number)
    delivery_retries        = optional(number, 3)
    delivery_max_age        = optional(number, 3600)
    notify_on               = optional(set(string))
    notify_to               = optional(list(string))
    mention                 = optional(string)
    overlap                 = optional(string, "allow")
    heartbeat               = optional(string)
    pace                    = optional(string)
    skip_on                 = optional(list(string))
    only_on                 = optional(list(string))
  }))
  default = {
    hello = {
      expression = "at(2037-12-31T23:59:59)"
      tasks      = ["Hello from Lambda #1!", "Hello from Lambda #2!"]
    }
  }
  nullable = false

  # All the other rules are in modules/scheduler, where they name every schedule that breaks one.
  validation {
    condition     = alltrue([for schedule in var.schedules : try(schedule.expression, null) != null || try(schedule.after, null) != null])
    error_message = "schedules without an expression: ${join(", ", [for name, schedule in var.schedules : "\"${name}\"" if try(schedule.expression, null) == null && try(schedule.after, null) == null])}. Each must be rate(value unit), cron(minutes hours day-of-month month day-of-week year) or at(yyyy-mm-ddThh:mm:ss), or name in after which schedules it follows; to leave a schedule out, leave its key out."
  }
}

variable "task_code_dir" {
  description = "Folder of your task functions and task files, packed without hidden files; null takes tasks/ of this module."
  type        = string
  default     = null
}

variable "layer_dir" {
  description = "Folder that `make package-layer` built the dependencies into (OUT=...). Null takes layer/ of this module, unless `layer_zip` or `layers` say where they come from."
  type        = string
  default     = null
}

variable "layer_zip" {
  description = "A zip file of the dependencies instead of `layer_dir`, such as those of a release, one for each runtime and architecture; its manifest, NAME.json, is looked for beside NAME.zip. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.layer_zip == null || var.layer_dir == null
    error_message = "layer_zip and layer_dir are given: the layer of dependencies must come from one of them."
  }
}

variable "layers" {
  description = "ARNs of up to 3 layer versions of your own, in this region. Without `layer_dir` and `layer_zip` the module makes no layer of dependencies, so the runtime's packages (requirements/runtime.txt) must be in these. Terraform cannot see what is in them; it warns of one that was published for another architecture."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.layers) <= 3
    error_message = "layers has ${length(var.layers)} ARNs: Lambda takes 5 layers a function, of which 2 are the module's. It must be 3 at most."
  }

  validation {
    condition     = alltrue([for arn in var.layers : can(regex("^arn:aws[a-z-]*:lambda:[0-9a-z-]+:[0-9]{12}:layer:[0-9A-Za-z_-]{1,140}:[0-9]+$", arn))])
    error_message = "layers must be ARNs of layer versions, arn:${local.aws.partition}:lambda:${local.aws.region}:ACCOUNT:layer:NAME:VERSION, which these are not: ${join(", ", [for arn in var.layers : "\"${arn}\"" if !can(regex("^arn:aws[a-z-]*:lambda:[0-9a-z-]+:[0-9]{12}:layer:[0-9A-Za-z_-]{1,140}:[0-9]+$", arn))])}."
  }

  validation {
    condition     = alltrue([for arn in var.layers : try(startswith(regex("^arn:aws[a-z-]*:lambda:[0-9a-z-]+:", arn), "arn:${local.aws.partition}:lambda:${local.aws.region}:"), true)])
    error_message = "layers must be of the functions' own region, arn:${local.aws.partition}:lambda:${local.aws.region}:ACCOUNT:layer:NAME:VERSION, which these are not: ${join(", ", [for arn in var.layers : "\"${arn}\"" if !startswith(arn, "arn:${local.aws.partition}:lambda:${local.aws.region}:")])}."
  }
}

variable "package_bucket" {
  description = "Name of a bucket of this region that code and layers go through on their way to Lambda, under `prefix`/; needed only for packages of more than 50 MB, which Lambda takes only from there. Its name must be known when Terraform plans. Null hands them over as they are."
  type        = string
  default     = null

  validation {
    condition     = var.package_bucket == null ? true : can(regex("^[0-9a-z][0-9a-z.-]{1,61}[0-9a-z]$", var.package_bucket))
    error_message = "package_bucket is \"${coalesce(var.package_bucket, " ")}\": it must be the name of a bucket, of 3 to 63 small letters, digits, hyphens and dots."
  }
}

variable "runtime" {
  description = "Lambda runtime of the functions, the one that the layer was built for: python3.12, python3.13 or, from AWS provider 6.20 on, python3.14."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.12", "python3.13", "python3.14"], var.runtime)
    error_message = "runtime is \"${var.runtime}\": it must be python3.12, python3.13 or python3.14."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions, the one that the layer was built for: arm64 (a fifth cheaper) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\": it must be arm64 or x86_64."
  }
}

variable "send_task_timeout" {
  description = "How long putting the tasks of one run on the queue may take, in seconds, 1 to 900 (15 minutes)."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.send_task_timeout >= 1 && var.send_task_timeout <= 900 && floor(var.send_task_timeout) == var.send_task_timeout
    error_message = "send_task_timeout is ${var.send_task_timeout}: it must be a whole number of seconds from 1 to 900 (15 minutes)."
  }
}

variable "send_task_memory" {
  description = "Memory of send_task, in MB, 128 to 10240 (10 GB)."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.send_task_memory >= 128 && var.send_task_memory <= 10240 && floor(var.send_task_memory) == var.send_task_memory
    error_message = "send_task_memory is ${var.send_task_memory}: it must be a whole number of MB from 128 to 10240 (10 GB)."
  }
}

variable "run_task_timeout" {
  description = "How long one batch of tasks may take, in seconds, 1 to 900 (15 minutes)."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.run_task_timeout >= 1 && var.run_task_timeout <= 900 && floor(var.run_task_timeout) == var.run_task_timeout
    error_message = "run_task_timeout is ${var.run_task_timeout}: it must be a whole number of seconds from 1 to 900 (15 minutes)."
  }
}

variable "run_task_memory" {
  description = "Memory of run_task, in MB, 128 to 10240 (10 GB); the processor's share grows with it."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.run_task_memory >= 128 && var.run_task_memory <= 10240 && floor(var.run_task_memory) == var.run_task_memory
    error_message = "run_task_memory is ${var.run_task_memory}: it must be a whole number of MB from 128 to 10240 (10 GB)."
  }
}

variable "run_task_storage" {
  description = "Size of /tmp of run_task in MB, 512 to 10240 (10 GB); beyond 512 it has a price."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.run_task_storage >= 512 && var.run_task_storage <= 10240 && floor(var.run_task_storage) == var.run_task_storage
    error_message = "run_task_storage is ${var.run_task_storage}: it must be a whole number of MB from 512 to 10240 (10 GB)."
  }
}

variable "batch_size" {
  description = "How many tasks one invocation of run_task gets at most, 1 to 10."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size is ${var.batch_size}: it must be a whole number of tasks from 1 to 10."
  }
}

variable "batch_window" {
  description = "How long Lambda waits for a batch to fill, in seconds, 0 (not at all) to 300 (5 minutes)."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.batch_window >= 0 && var.batch_window <= 300 && floor(var.batch_window) == var.batch_window
    error_message = "batch_window is ${var.batch_window}: it must be a whole number of seconds from 0 to 300 (5 minutes)."
  }

  validation {
    condition     = var.batch_window == 0 || !var.fifo
    error_message = "batch_window is ${var.batch_window}, but the queue is FIFO: Lambda waits for batches of standard queues only. It must be 0."
  }
}

variable "task_concurrency" {
  description = "How many tasks of a batch run at the same time, in threads, 1 to 10; worth it for tasks that mostly wait. With 1, a task that overruns its timeout is interrupted; threads cannot be, so there give blocking calls time-outs of their own, or make the task an `async def`, which is cancelled."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.task_concurrency >= 1 && var.task_concurrency <= 10 && floor(var.task_concurrency) == var.task_concurrency
    error_message = "task_concurrency is ${var.task_concurrency}: it must be a whole number of tasks from 1 to 10."
  }
}

variable "maximum_concurrency" {
  description = "How many batches may run at the same time, 2 to 1000; null sets no limit but the account's. With a limit Lambda keeps 5 pollers on an idle queue, without one 2: 0.26 USD a month against 0.11."
  type        = number
  default     = 10

  validation {
    condition     = var.maximum_concurrency == null ? true : var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && floor(var.maximum_concurrency) == var.maximum_concurrency
    error_message = "maximum_concurrency is ${coalesce(var.maximum_concurrency, 2)}: it must be a whole number of batches from 2 to 1000, or null for no limit."
  }
}

# The rules of task code's environment, secrets and permissions are in modules/functions, by worker.

variable "environment" {
  description = "Environment variables of task code, by name: texts, and no secrets, which would be in Terraform's state (see `secrets`). run_task has them, and so has send_task where a schedule has `tasks_source`, since generators are task code. Names that Lambda, Python or the module uses (AWS_*, LAMBDA_*, PATH, QUEUE_URL and the like) are refused. All variables of a function, with about 1 KB of the module's, may take 4 KB."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = <<-EOT
    Secrets of task code: where each is kept, by the name that it has in `os.environ` and in `task_scheduler.secret("API_TOKEN")`. Values never stand in variables, state, plan or logs. A text that begins with a slash is the name of an SSM parameter, such as `/jobs/token`, better a SecureString; any other is the name of a secret in Secrets Manager, such as `jobs/token`, of this region. What that does not fit is given by its ARN.

    They are read once a sandbox, before task code is imported, where `environment` is there, too. A new value is used five minutes after it was written at the latest: `secret()` then reads it again, and `os.environ` has it when the next task starts. While one is missing or may not be read, tasks fail with a sentence that says so, and are retried like any that fail. In whatever the functions log, record and send, values of 6 characters and more are replaced by `***`.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets_kms_key_arns" {
  description = "ARNs of the customer keys that parameters and secrets in `secrets` are encrypted with, of this region; none for those under a key of AWS's own."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "policy_statements" {
  description = <<-EOT
    What task code may do in AWS, beyond what the module's functions do: statements of the role of run_task. docs/permissions.md has those of the usual jobs.

    - `actions`: such as `s3:GetObject`; `*` and `?` stand for any characters and any one.
    - `resources`: ARNs, with `*` and `?` likewise, or `*` for actions that take none.
    - `conditions`: values by key by operator, such as `{ StringEquals = { "aws:ResourceTag/team" = ["data"] } }`; none if not given.
    - `sid`: its name, of letters and digits, in warnings and in the policy.
    - `generators`: whether send_task may do it, too, where generators run (`tasks_source`). Default false.
  EOT
  type = list(object({
    sid        = optional(string)
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
    generators = optional(bool, false)
  }))
  default  = []
  nullable = false
}

variable "policy_arns" {
  description = "Managed policies that the role of run_task gets for task code: their ARNs, by a name of yours, such as `{ reports = aws_iam_policy.reports.arn }`, so that a policy may be made in the same apply. IAM takes 10 a role, up to 20 where it was asked for more."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "workers" {
  description = <<-EOT
    Workers beside the default one, which the other variables describe: up to 9, by name, 1 to 20 small letters, digits and hyphens. A schedule, or a line of a list, names one with `worker`. Each has a queue, a function and a role of its own; runs, the log, dead letters and the dashboard are one for all. What a worker does not say it has from the default one; what it says of `environment`, `secrets`, policies and `layers` takes the place of the default's whole.

    Each costs 0.26 USD a month while idle (0.11 where `maximum_concurrency` is null), for Lambda's polling, and 0.10 USD for its alarm; with `early_warnings` 0.30 USD more. Removing a worker deletes its queue with all that is on it: let its tasks run out before.

    - `memory`: in MB, 128 to 10240 (10 GB).
    - `timeout`: how long a batch of tasks may take, in seconds, 1 to 900 (15 minutes).
    - `storage`: size of /tmp in MB, 512 to 10240 (10 GB).
    - `batch_size`: how many tasks one invocation gets at most, 1 to 10; 1 for heavy ones.
    - `batch_window`: how long Lambda waits for a batch to fill, in seconds, 0 to 300 (5 minutes).
    - `task_concurrency`: how many tasks of a batch run at the same time, 1 to 10.
    - `maximum_concurrency`: how many batches may run at the same time, 2 to 1000.
    - `visibility_timeout`: how long a task that was handed out stays hidden, in seconds, `timeout` to 43200 (12 hours); with a `timeout` of its own 6 times that if not given.
    - `fifo`: whether its queue is FIFO. Dead letters of workers that differ from the default one in this go to a queue of their own, `PREFIX-workers-dead-letter`.
    - `environment`, `secrets`, `secrets_kms_key_arns`, `policy_statements`, `policy_arns`, `layers`, `vpc`: as the variables of these names; no `generators` in its statements, as those run in send_task.
  EOT
  type = map(object({
    memory               = optional(number)
    timeout              = optional(number)
    storage              = optional(number)
    batch_size           = optional(number)
    batch_window         = optional(number)
    task_concurrency     = optional(number)
    maximum_concurrency  = optional(number)
    visibility_timeout   = optional(number)
    fifo                 = optional(bool)
    environment          = optional(map(string))
    secrets              = optional(map(string))
    secrets_kms_key_arns = optional(list(string))
    policy_statements = optional(list(object({
      sid        = optional(string)
      actions    = list(string)
      resources  = list(string)
      conditions = optional(map(map(list(string))), {})
      generators = optional(bool, false)
    })))
    policy_arns = optional(map(string))
    layers      = optional(list(string))
    vpc         = optional(object({ subnet_ids = set(string), security_group_ids = set(string) }))
  }))
  default  = {}
  nullable = false

  # All the other rules are in modules/functions, where they name every worker that breaks one.
  validation {
    condition     = !contains(keys(var.workers), "default")
    error_message = "workers has \"default\": the default worker is described by the other variables, such as run_task_memory and run_task_timeout."
  }

  validation {
    condition     = !anytrue(flatten([for worker in var.workers : [for statement in worker.policy_statements == null ? [] : worker.policy_statements : statement.generators]]))
    error_message = "workers has a policy statement with generators = true, of ${join(" and ", [for name, worker in var.workers : "\"${name}\"" if anytrue([for statement in worker.policy_statements == null ? [] : worker.policy_statements : statement.generators])])}: generators run in send_task, which has statements of the variable policy_statements alone; say it there."
  }
}

variable "fifo" {
  description = "Whether tasks keep their order, each among those of its message group (a task's `message_group`, or its schedule): a failing task then holds back its own group until it succeeds or is a dead letter. Changing it deletes the task queue and its dead-letter queue with all that is on them, without a warning from AWS: let tasks run out before, and carry dead letters over with `taskctl failed --export FILE` and `taskctl redrive --from FILE`."
  type        = bool
  default     = false
  nullable    = false
}

variable "deduplication" {
  description = "Whether a task that has ended is kept from running again when SQS delivers its message twice, or send_task sends it twice: the ledger remembers outcomes for as long as a message can be sent again, message_retention + dead_letter_retention (18 days), at about 1.25 USD a million tasks."
  type        = bool
  default     = false
  nullable    = false
}

variable "visibility_timeout" {
  description = "How long a task that was handed out stays hidden, in seconds, and so how soon one whose function died is tried again: run_task_timeout to 43200 (12 hours); null takes 6 times run_task_timeout (6 minutes), as AWS advises."
  type        = number
  default     = null

  validation {
    condition     = var.visibility_timeout == null ? true : var.visibility_timeout >= 1 && var.visibility_timeout <= 43200 && floor(var.visibility_timeout) == var.visibility_timeout
    error_message = "visibility_timeout is ${coalesce(var.visibility_timeout, 1)}: it must be a whole number of seconds from 1 to 43200 (12 hours), or null for 6 times run_task_timeout."
  }

  validation {
    condition     = coalesce(var.visibility_timeout, 43200) >= var.run_task_timeout
    error_message = "visibility_timeout is ${coalesce(var.visibility_timeout, 0)}, less than run_task_timeout (${var.run_task_timeout}): tasks would be handed out again while they still run. It must be ${var.run_task_timeout} to 43200 seconds (12 hours), or null for 6 times run_task_timeout."
  }
}

variable "message_retention" {
  description = "How long a task waits in the queue before SQS drops it without a trace, in seconds, 60 to 1209600 (14 days). For \"not after 15 minutes\" use a schedule's max_age instead, which leaves a dead letter."
  type        = number
  default     = 345600
  nullable    = false

  validation {
    condition     = var.message_retention >= 60 && var.message_retention <= 1209600 && floor(var.message_retention) == var.message_retention
    error_message = "message_retention is ${var.message_retention}: it must be a whole number of seconds from 60 to 1209600 (14 days)."
  }
}

variable "receive_wait_time" {
  description = "How long a receive call waits for a task to arrive, in seconds, 0 to 20."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.receive_wait_time >= 0 && var.receive_wait_time <= 20 && floor(var.receive_wait_time) == var.receive_wait_time
    error_message = "receive_wait_time is ${var.receive_wait_time}: it must be a whole number of seconds from 0 to 20."
  }
}

variable "dead_letter_retention" {
  description = "How long dead letters are kept, in seconds, up to 1209600 (14 days). More than message_retention, because a dead letter's age counts from when the task was first queued."
  type        = number
  default     = 1209600
  nullable    = false

  validation {
    condition     = var.dead_letter_retention >= 60 && var.dead_letter_retention <= 1209600 && floor(var.dead_letter_retention) == var.dead_letter_retention
    error_message = "dead_letter_retention is ${var.dead_letter_retention}: it must be a whole number of seconds from 60 to 1209600 (14 days)."
  }

  validation {
    condition     = var.dead_letter_retention > var.message_retention
    error_message = "dead_letter_retention is ${var.dead_letter_retention}, not more than message_retention (${var.message_retention}): a dead letter's age counts from when the task was first queued, so dead letters would be dropped as they arrive. It must be ${var.message_retention + 1} to 1209600 seconds (14 days)."
  }
}

variable "ledger_retention_days" {
  description = "How long runs are kept in the ledger, in days, 30 to 3653 (10 years): their states, counts, times and failures, which `taskctl runs` shows. At least 30, because a dead letter that is sent again on its last day may come to its end 28 days after its run, which must still be there to be corrected. 400 covers two runs of a yearly schedule."
  type        = number
  default     = 400
  nullable    = false

  validation {
    condition     = var.ledger_retention_days >= 30 && var.ledger_retention_days <= 3653 && floor(var.ledger_retention_days) == var.ledger_retention_days
    error_message = "ledger_retention_days is ${var.ledger_retention_days}: it must be a whole number of days from 30 to 3653 (10 years); a task of a run may still end 28 days after it, when its dead letter is sent again."
  }
}

variable "log_retention_days" {
  description = "How long the logs of the functions are kept, in days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 (10 years); 0 keeps them for ever."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, or, with 0, for ever."
  }
}

variable "log_level" {
  description = "The lowest level of Python's logging that task code logs at: DEBUG, INFO, WARNING, ERROR or CRITICAL. What is printed, and the module's own records, are logged at every level."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level is \"${var.log_level}\": it must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "notify" {
  description = <<-EOT
    Where notifications go: Slack, Discord, e-mail and some 170 other services; null, the default, sends none. You put the services' Apprise URLs (https://appriseit.com), one a line, where only the functions read them: they are secrets, and in tfvars they would be in Terraform's state. Exactly one of the first two:

    - `ssm_parameter`: name of an SSM parameter, better a SecureString, such as `/jobs/chat`.
    - `secret`: name or whole ARN of a secret in Secrets Manager, in this region, whose text they are.
    - `kms_key_arn`: ARN of the customer key that it is encrypted with, of this region; left out for a key of AWS's own.
  EOT
  type = object({
    ssm_parameter = optional(string)
    secret        = optional(string)
    kms_key_arn   = optional(string)
  })
  default = null

  validation {
    condition     = var.notify == null ? true : (var.notify.ssm_parameter == null) != (var.notify.secret == null)
    error_message = "notify must name exactly one of ssm_parameter and secret, such as { ssm_parameter = \"/jobs/chat\" }."
  }

  # What does not fit may be a URL, so it is not repeated.
  validation {
    condition     = try(var.notify.ssm_parameter, null) == null ? true : can(regex("^(?:/[0-9A-Za-z_.-]+)+$|^[0-9A-Za-z_.-]+$", var.notify.ssm_parameter)) && length(var.notify.ssm_parameter) <= 1011
    error_message = "notify.ssm_parameter must be the name of an SSM parameter, such as /jobs/chat, of letters, digits, _ . - and /. URLs go into that parameter, not here."
  }

  validation {
    condition     = try(var.notify.secret, null) == null ? true : can(regex("^[0-9A-Za-z/_+=.@-]{1,512}$|^arn:aws[a-z-]*:secretsmanager:[0-9a-z-]+:[0-9]{12}:secret:[0-9A-Za-z/_+=.@-]{1,512}-[0-9A-Za-z]{6}$", var.notify.secret))
    error_message = "notify.secret must be the name of a secret, such as jobs/chat, of letters, digits and / _ + = . @ -, or its whole ARN, which AWS ends with a hyphen and six characters. URLs go into that secret, not here."
  }

  validation {
    condition     = try(startswith(regex("^arn:aws[a-z-]*:secretsmanager:[0-9a-z-]+:", var.notify.secret), "arn:${local.aws.partition}:secretsmanager:${local.aws.region}:"), true)
    error_message = "notify.secret begins with ${try(regex("^arn:aws[a-z-]*:secretsmanager:[0-9a-z-]+:", var.notify.secret), "")} but the functions read secrets of their own region only, arn:${local.aws.partition}:secretsmanager:${local.aws.region}:ACCOUNT:secret:NAME-SUFFIX."
  }

  validation {
    condition     = try(var.notify.kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:[0-9a-z-]+:[0-9]{12}:key/[0-9A-Za-z-]+$", var.notify.kms_key_arn))
    error_message = "notify.kms_key_arn is \"${coalesce(try(var.notify.kms_key_arn, null), " ")}\": it must be the ARN of a key (not of an alias), arn:${local.aws.partition}:kms:${local.aws.region}:${local.aws.account}:key/ID."
  }

  validation {
    condition     = try(startswith(regex("^arn:aws[a-z-]*:kms:[0-9a-z-]+:", var.notify.kms_key_arn), "arn:${local.aws.partition}:kms:${local.aws.region}:"), true)
    error_message = "notify.kms_key_arn is \"${coalesce(try(var.notify.kms_key_arn, null), " ")}\": parameters and secrets are encrypted with keys of their own region only, so here with arn:${local.aws.partition}:kms:${local.aws.region}:ACCOUNT:key/ID."
  }
}

variable "notify_on" {
  description = "Which runs send a message, for schedules without notify_on of their own, as a list of: `failure`, a run in which tasks failed for good, the first of several such runs in a row and then one a day; `recovery`, the first run that succeeds after them; `success`, any other run that succeeds."
  type        = set(string)
  default     = ["failure", "recovery"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.notify_on, ["success", "failure", "recovery"])) == 0
    error_message = "notify_on has ${join(", ", [for word in setsubtract(var.notify_on, ["success", "failure", "recovery"]) : "\"${word}\""])}: it must be a list of \"success\", \"failure\" and \"recovery\"."
  }
}

variable "metrics_by_schedule" {
  description = "Whether metrics (namespace TaskScheduler: duration_ms by outcome, sent, refused) are kept for each schedule, too. CloudWatch takes up to 0.30 USD a month for each of them, which is up to 2.40 USD a schedule."
  type        = bool
  default     = false
  nullable    = false
}

variable "monitoring" {
  description = <<-EOT
    Alarms, and what is wanted beyond them; null switches all of it off. The default, `{}`, is 7 alarms (dead letters in either dead-letter queue, tasks that wait too long, runs that were dropped or lost, a keep_runs that fails or does not run; an eighth where a schedule has `expected_every` or `finish_within`), without which a task or a run can fail for good and nobody knows: 0.70 USD a month, nothing within an account's first ten alarms. They reach nobody until `emails` or `topic` is given.

    - `emails`: addresses that get the alarms; each must confirm by a link that AWS sends.
    - `topic`: `{ arn = "..." }`, an SNS topic of yours that gets the alarms, instead of one that is made here. It must be in the same account and region.
    - `longest_wait`: after how many seconds a task that waits is an alarm, 60 to 604800 (7 days); half of `message_retention` if not given, which is 2 days by default. Set it to what your tasks may be late by: this alarm is what shows that tasks are no longer run.
    - `early_warnings`: 7 more alarms, for errors, throttles and durations of send_task and run_task and for runs that Lambda rejected, 0.70 USD a month, and with `notify` one for notifications that could not be delivered, 0.10 USD. Default false.
    - `queries`: 4 queries of the logs saved in CloudWatch Logs Insights, at no price until they are run. Default false.
    - `dashboard`: a CloudWatch dashboard, 3 USD a month, nothing within an account's first three; two of its graphs read the log, at 0.005 USD a GB. Default false.
    - `tracing`: X-Ray traces of the functions, 5 USD a million. Default false.
  EOT
  type = object({
    emails         = optional(set(string), [])
    topic          = optional(object({ arn = string }))
    longest_wait   = optional(number)
    early_warnings = optional(bool, false)
    queries        = optional(bool, false)
    dashboard      = optional(bool, false)
    tracing        = optional(bool, false)
  })
  default = {}

  validation {
    condition     = try(var.monitoring.longest_wait, null) == null ? true : var.monitoring.longest_wait >= 60 && var.monitoring.longest_wait <= 604800 && floor(var.monitoring.longest_wait) == var.monitoring.longest_wait
    error_message = "monitoring.longest_wait is ${coalesce(try(var.monitoring.longest_wait, null), 0)}: it must be a whole number of seconds from 60 to 604800 (7 days)."
  }

  validation {
    condition     = try(var.monitoring.emails, null) == null ? true : alltrue([for email in var.monitoring.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "monitoring.emails must be a list of addresses such as ops@example.com, which these are not: ${join(", ", [for email in try(var.monitoring.emails, []) : "\"${email}\"" if !can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])}."
  }

  validation {
    condition     = try(var.monitoring.topic, null) == null ? true : length(var.monitoring.emails) == 0
    error_message = "monitoring.emails are subscribed to the topic that is made here, but monitoring.topic names one of yours: subscribe them there, or leave topic out."
  }

  validation {
    condition     = try(var.monitoring.topic, null) == null ? true : can(regex("^arn:aws[a-z-]*:sns:[0-9a-z-]+:[0-9]{12}:[0-9A-Za-z_-]{1,256}$", var.monitoring.topic.arn))
    error_message = "monitoring.topic.arn is \"${try(var.monitoring.topic.arn, "")}\": it must be the ARN of a standard topic, arn:${local.aws.partition}:sns:${local.aws.region}:${local.aws.account}:NAME."
  }

  validation {
    condition     = try(startswith(regex("^arn:aws[a-z-]*:sns:[0-9a-z-]+:[0-9]{12}:", var.monitoring.topic.arn), "arn:${local.aws.partition}:sns:${local.aws.region}:${local.aws.account}:"), true)
    error_message = "monitoring.topic.arn is \"${try(var.monitoring.topic.arn, "")}\": alarms reach topics of their own region and account only, arn:${local.aws.partition}:sns:${local.aws.region}:${local.aws.account}:NAME."
  }
}

variable "kms_key_arn" {
  description = "ARN of a customer key of this region that queues, logs, functions, schedules, the ledger and the topic are encrypted with; its policy must hold the statements of the output kms_key_policy_statements. Null leaves encryption to keys of AWS's own, at no price."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[0-9a-z-]+:[0-9]{12}:key/[0-9A-Za-z-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${coalesce(var.kms_key_arn, " ")}\": it must be the ARN of a key (not of an alias), arn:${local.aws.partition}:kms:${local.aws.region}:${local.aws.account}:key/ID."
  }

  validation {
    condition     = try(startswith(regex("^arn:aws[a-z-]*:kms:[0-9a-z-]+:", var.kms_key_arn), "arn:${local.aws.partition}:kms:${local.aws.region}:"), true)
    error_message = "kms_key_arn is \"${coalesce(var.kms_key_arn, " ")}\": AWS's services encrypt with keys of their own region only, so here with arn:${local.aws.partition}:kms:${local.aws.region}:ACCOUNT:key/ID."
  }
}

variable "roles" {
  description = <<-EOT
    What your organisation asks of IAM roles.

    - `path`: path of the roles, such as `/jobs/`. Default `/`. Changing it replaces them.
    - `permissions_boundary`: ARN of the policy that bounds what they may do, of this account or AWS's; none if not given.
  EOT
  type = object({
    path                 = optional(string, "/")
    permissions_boundary = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^/(?:[!-~]+/)?$", var.roles.path)) && length(var.roles.path) <= 512
    error_message = "roles.path is \"${var.roles.path}\": it must begin and end with a slash, such as /jobs/, without blanks and in up to 512 characters."
  }

  validation {
    condition     = var.roles.permissions_boundary == null ? true : can(regex("^arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):policy/[!-~]+$", var.roles.permissions_boundary))
    error_message = "roles.permissions_boundary is \"${coalesce(var.roles.permissions_boundary, " ")}\": it must be the ARN of a policy, arn:${local.aws.partition}:iam::${local.aws.account}:policy/NAME."
  }

  validation {
    condition = try(contains(
      ["arn:${local.aws.partition}:iam::${local.aws.account}:", "arn:${local.aws.partition}:iam::aws:"],
      regex("^arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):", var.roles.permissions_boundary)
    ), true)
    error_message = "roles.permissions_boundary is \"${coalesce(var.roles.permissions_boundary, " ")}\": roles are bounded by policies of their own account, arn:${local.aws.partition}:iam::${local.aws.account}:policy/NAME, or of AWS's, arn:${local.aws.partition}:iam::aws:policy/NAME."
  }
}

variable "vpc" {
  description = <<-EOT
    Puts the functions into a VPC, so that tasks reach what is only there; null, the default, leaves them outside. From there SQS, Lambda and whatever else is used (S3, DynamoDB, SSM, Secrets Manager, the internet) must be reachable, through a NAT gateway or VPC endpoints.

    - `subnet_ids`: 1 to 16 subnets, better in two availability zones or more.
    - `security_group_ids`: 1 to 5 security groups that let HTTPS out.
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) >= 1 && length(var.vpc.subnet_ids) <= 16
    error_message = "vpc.subnet_ids has ${try(length(var.vpc.subnet_ids), 0)} IDs: Lambda takes 1 to 16 subnets."
  }

  validation {
    condition     = var.vpc == null ? true : alltrue([for id in var.vpc.subnet_ids : can(regex("^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$", id))])
    error_message = "vpc.subnet_ids must be a list of IDs such as subnet-0123456789abcdef0, which these are not: ${join(", ", [for id in try(var.vpc.subnet_ids, []) : "\"${id}\"" if !can(regex("^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$", id))])}."
  }

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.security_group_ids) >= 1 && length(var.vpc.security_group_ids) <= 5
    error_message = "vpc.security_group_ids has ${try(length(var.vpc.security_group_ids), 0)} IDs: Lambda takes 1 to 5 security groups."
  }

  validation {
    condition     = var.vpc == null ? true : alltrue([for id in var.vpc.security_group_ids : can(regex("^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$", id))])
    error_message = "vpc.security_group_ids must be a list of IDs such as sg-0123456789abcdef0, which these are not: ${join(", ", [for id in try(var.vpc.security_group_ids, []) : "\"${id}\"" if !can(regex("^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$", id))])}."
  }
}

variable "tags" {
  description = "Tags of everything that takes tags, up to 50: keys of 1 to 128 and values of up to 256 letters, digits, blanks and + - = . _ : / @."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags has ${length(var.tags)} keys: AWS takes 50."
  }

  # IAM takes the fewest characters, and the roles get all of the tags.
  validation {
    condition     = alltrue([for key in keys(var.tags) : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && length(key) <= 128])
    error_message = "tags has keys that AWS does not take: ${join(", ", [for key in keys(var.tags) : "\"${key}\"" if !can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) || length(key) > 128])}. A key must be 1 to 128 letters, digits, blanks or + - = . _ : / @."
  }

  validation {
    condition     = alltrue([for value in values(var.tags) : value == null ? true : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && length(value) <= 256])
    error_message = "tags has values that AWS does not take, of the keys ${join(", ", [for key, value in var.tags : "\"${key}\"" if value == null ? false : !can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) || length(value) > 256])}. A value must be up to 256 letters, digits, blanks or + - = . _ : / @."
  }

  validation {
    condition     = alltrue([for text in flatten([for key, value in var.tags : [key, value]]) : !can(regex("^(?i:aws:)", text))])
    error_message = "tags has keys or values that begin with aws:, which only AWS's own do: ${join(", ", [for key, value in var.tags : "\"${key}\"" if can(regex("^(?i:aws:)", key)) || can(regex("^(?i:aws:)", value))])}."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags has keys that differ in nothing but capitals, which IAM takes for the same: ${join(", ", [for key in keys(var.tags) : "\"${key}\"" if length([for other in keys(var.tags) : other if lower(other) == lower(key)]) > 1])}."
  }
}
