# Every alarm says what to do. Plain metrics only: metric math costs a price per metric and shows no more.

locals {
  # As it stands in a mail, outside of the folder with Terraform's state.
  taskctl = { for command in ["failed", "redrive", "runs"] : command => "`taskctl ${command} --prefix ${var.prefix}`" }

  dead_letters_expire = "The alarm ends when the queue is empty, which it also is once its dead letters are ${var.dead_letter_retention} seconds old (dead_letter_retention): then SQS drops them."

  # The time budget interrupts a task this long before the end of run_task; what is longer than nine
  # tenths of what is left is close to that.
  run_task_seconds = var.functions.run_task.timeout - min(5, var.functions.run_task.timeout / 5)

  # send_task hands a long list on this long before its end, so only what is later than that is late.
  send_task_reserve = min(30, var.functions.send_task.timeout / 4)

  longest_wait = coalesce(var.longest_wait, floor(var.message_retention / 2))

  # Without these, lost or stuck tasks and runs go unnoticed.
  essential_alarms = {
    tasks-dead-letters = {
      description = "Tasks failed for good, expired or could not be read: they lie in ${var.queues.tasks_dead_letters.name}. ${local.taskctl.failed} lists them with their reasons; fix the cause, then send them again with ${local.taskctl.redrive}. ${local.dead_letters_expire}"
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.queues.tasks_dead_letters.name }
      statistic   = "Maximum"
    }
    runs-dead-letters = {
      description = "A schedule fired, but not all of its tasks reached the queue: Scheduler could not invoke send_task, send_task failed, or lines of a list are not tasks. It lies in ${var.queues.runs_dead_letters.name}: ${local.taskctl.failed} lists what and why; fix the cause, then send it again with ${local.taskctl.redrive}. ${local.dead_letters_expire}"
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.queues.runs_dead_letters.name }
      statistic   = "Maximum"
    }
    tasks-waiting = {
      description = "The oldest task has waited for ${local.longest_wait} seconds; after ${var.message_retention} (message_retention) SQS drops tasks without a trace. See in the log of ${var.functions.run_task.name} whether tasks are run at all; if they are, raise maximum_concurrency, or message_retention for now."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = var.queues.tasks.name }
      statistic   = "Maximum"
      threshold   = local.longest_wait
      period      = local.longest_wait < 300 ? 60 : 300
    }
    runs-dropped = {
      description = "Scheduler gave a run up after all of its delivery retries. It is a dead letter, unless the role of the schedules may not write one either: ${local.taskctl.failed} shows it with Scheduler's reason; fix that, then send it again with ${local.taskctl.redrive}, or `taskctl run SCHEDULE --at TIME --prefix ${var.prefix}` if it is not there."
      namespace   = "AWS/Scheduler"
      metric      = "InvocationDroppedCount"
      dimensions  = { ScheduleGroup = var.schedule_group }
    }
    runs-lost = {
      description = "Lambda could not put a run that send_task failed at into ${var.queues.runs_dead_letters.name}: it is lost. The log of ${var.functions.send_task.name} says which; fix the role's sqs:SendMessage or the key's policy, then fire it again with `taskctl run SCHEDULE --at TIME --prefix ${var.prefix}`."
      namespace   = "AWS/Lambda"
      metric      = "DestinationDeliveryFailures"
      dimensions  = { FunctionName = var.functions.send_task.name }
    }
    # Nothing else would show it: whatever keep_runs was to mend looks as if it still went on.
    keep-runs-errors = {
      description = "keep_runs has failed for 15 minutes: meanwhile runs that lost their end stay open, their messages are not sent, and runs that wait (overlap = \"queue\") do not start. The reason is in the log of ${var.functions.keep_runs.name}; once it is mended, keep_runs catches up by itself."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = var.functions.keep_runs.name }
      periods     = 3
    }
    # No invocation, no metric: so a missing value is what the alarm is for.
    keep-runs-silent = {
      description = "keep_runs has not run for 15 minutes: nobody sees to runs that lost their end, runs that wait do not start, and neither expected_every nor finish_within is watched. See in Scheduler's console whether the schedule keep-runs of the group ${var.schedule_group}-keep-runs is there and enabled, and in Lambda's whether ${var.functions.keep_runs.name} is active and has room; then it catches up by itself."
      namespace   = "AWS/Lambda"
      metric      = "Invocations"
      dimensions  = { FunctionName = var.functions.keep_runs.name }
      comparison  = "LessThanThreshold"
      threshold   = 1
      periods     = 3
      missing     = "breaching"
    }
  }

  # Of all schedules that say how often they must run or when they must have ended. keep_runs notices it
  # and reports it only while it lasts: a metric that is not reported costs nothing.
  watch_alarms = var.watched ? {
    schedules-overdue = {
      description = "A schedule has not run for as long as its expected_every says, or a run has not ended within its finish_within. The log of ${var.functions.keep_runs.name} names them (message \"overdue\"); `taskctl next --prefix ${var.prefix}` shows when they were due and whether they are paused, ${local.taskctl.runs} what runs, ${local.taskctl.failed} what stopped them. A run by hand (`taskctl run`) counts as one."
      namespace   = "TaskScheduler"
      metric      = "overdue"
      dimensions  = { service = var.prefix }
      statistic   = "Maximum"
    }
  } : {}

  # Problems that show before there is a dead letter.
  early_warnings = {
    send-task-errors = {
      description = "send_task failed. Lambda tries twice more, after which the run is a dead letter; the reason is in the log of ${var.functions.send_task.name}."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = var.functions.send_task.name }
    }
    # Any batch in which nothing succeeded is an error; a task of its own has been retried by then.
    run-task-errors = {
      description = "For 15 minutes there were batches in which no task succeeded, or that died with the function. The reasons are in the log of ${var.functions.run_task.name}; if it names a time-out or memory, raise run_task_timeout or run_task_memory."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = var.functions.run_task.name }
      periods     = 3
    }
    send-task-throttles = {
      description = "Lambda had no room for send_task, so a run comes late. Other functions use up the account's concurrent executions: have the quota raised, or limit them."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = var.functions.send_task.name }
    }
    run-task-throttles = {
      description = "For 15 minutes Lambda has had no room for all of run_task, so tasks come late. Lower maximum_concurrency, or have the account's quota of concurrent executions raised."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = var.functions.run_task.name }
      periods     = 3
    }
    send-task-duration = {
      description = "send_task used more than half of the time that it keeps for handing a long list on, at the end of its ${var.functions.send_task.timeout} seconds: it is soon cut off. Raise send_task_timeout or send_task_memory."
      namespace   = "AWS/Lambda"
      metric      = "Duration"
      dimensions  = { FunctionName = var.functions.send_task.name }
      statistic   = "Maximum"
      threshold   = (var.functions.send_task.timeout - local.send_task_reserve / 2) * 1000 # milliseconds
    }
    run-task-duration = {
      description = "A batch used more than nine tenths of the ${local.run_task_seconds} seconds after which its tasks are interrupted. ${local.taskctl.runs} shows which takes so long; raise run_task_timeout, or let tasks that wait overlap with task_concurrency."
      namespace   = "AWS/Lambda"
      metric      = "Duration"
      dimensions  = { FunctionName = var.functions.run_task.name }
      statistic   = "Maximum"
      threshold   = floor(local.run_task_seconds * 900) # milliseconds
    }
    runs-rejected = {
      description = "Lambda rejected a run, and Scheduler will try again. Look at ${var.functions.send_task.name} in Lambda's console: whether it is there and active, and whether the role of the schedules may still invoke it (a permissions boundary or an organisation's policy may have changed)."
      namespace   = "AWS/Scheduler"
      metric      = "TargetErrorCount"
      dimensions  = { ScheduleGroup = var.schedule_group }
    }
  }

  # With notifications, one that cannot be delivered is a warning, too.
  chat_warnings = {
    notifications-undelivered = {
      description = "Notifications could not be delivered. The reason is in the log of ${var.functions.run_task.name}, ${var.functions.send_task.name} or ${var.functions.keep_runs.name} (message \"notification\"): the parameter or the secret that notify names cannot be read, or a service does not take messages. The tasks themselves have run."
      namespace   = "TaskScheduler"
      metric      = "undelivered"
      dimensions  = { service = var.prefix }
    }
  }

  # What each further worker has of its own.
  worker_alarms = merge([for name, worker in var.workers : {
    "tasks-waiting-${name}" = merge(local.essential_alarms.tasks-waiting, {
      description = replace(replace(local.essential_alarms.tasks-waiting.description, "The oldest task", "The oldest task of the worker ${name}"), "maximum_concurrency", "its maximum_concurrency")
      dimensions  = { QueueName = worker.queue }
    })
  }]...)

  worker_warnings = merge([for name, worker in var.workers : {
    "run-task-errors-${name}" = merge(local.early_warnings.run-task-errors, {
      description = replace(local.early_warnings.run-task-errors.description, "run_task_timeout or run_task_memory", "timeout or memory of the worker ${name}")
      dimensions  = { FunctionName = worker.function }
    })
    "run-task-throttles-${name}" = merge(local.early_warnings.run-task-throttles, {
      description = replace(local.early_warnings.run-task-throttles.description, "run_task", "the worker ${name}")
      dimensions  = { FunctionName = worker.function }
    })
    "run-task-duration-${name}" = merge(local.early_warnings.run-task-duration, {
      description = "A batch of the worker ${name} used more than nine tenths of the ${worker.timeout - min(5, worker.timeout / 5)} seconds after which its tasks are interrupted. ${local.taskctl.runs} shows which takes so long; raise its timeout, or let tasks that wait overlap with task_concurrency."
      dimensions  = { FunctionName = worker.function }
      threshold   = floor((worker.timeout - min(5, worker.timeout / 5)) * 900) # milliseconds
    })
  }]...)

  worker_dead_letter_alarms = { for queue in var.workers_dead_letters[*] : "workers-dead-letters" => merge(local.essential_alarms.tasks-dead-letters, {
    description = replace(local.essential_alarms.tasks-dead-letters.description, var.queues.tasks_dead_letters.name, queue.name)
    dimensions  = { QueueName = queue.name }
  }) }

  # Sums of five minutes above 0, unless an alarm says otherwise.
  alarms = { for key, alarm in merge(
    local.essential_alarms,
    local.watch_alarms,
    local.worker_alarms,
    local.worker_dead_letter_alarms,
    { for key, alarm in local.worker_warnings : key => alarm if var.early_warnings },
    { for key, alarm in local.early_warnings : key => alarm if var.early_warnings },
    { for key, alarm in local.chat_warnings : key => alarm if var.early_warnings && var.chat },
  ) : key => merge({ statistic = "Sum", comparison = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching" }, alarm) }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing # these services report nothing while nothing happens
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = var.tags
}
