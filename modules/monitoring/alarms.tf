# Every alarm says what to do. Plain metrics only: metric math costs a price per metric and shows no more.

locals {
  # As it stands in a mail, outside of the folder with Terraform's state.
  taskctl = { for command in ["failed", "redrive", "runs"] : command => "`taskctl ${command} --prefix ${var.prefix}`" }

  dead_letters_expire = "The alarm ends when the queue is empty, which it also is once its dead letters are ${var.dead_letter_retention} seconds old (dead_letter_retention): then SQS drops them."

  # The time budget interrupts a task this long before the end of its function; what is longer than nine
  # tenths of what is left is close to that.
  task_seconds = { for worker in local.workers : worker.suffix => worker.timeout - min(5, worker.timeout / 5) }

  # send_task hands a long list on this long before its end, so only what is later than that is late.
  send_task_reserve = min(30, var.functions.send_task.timeout / 4)

  longest_wait = coalesce(var.longest_wait, floor(var.message_retention / 2))

  # The dimension by which the metrics of a namespace are told apart.
  dimensions = {
    "AWS/SQS"       = "QueueName"
    "AWS/Lambda"    = "FunctionName"
    "AWS/Scheduler" = "ScheduleGroup"
    "TaskScheduler" = "service"
  }

  # Without these, lost or stuck tasks and runs go unnoticed.
  essential_alarms = merge(
    { for key, queue in local.task_dead_letters : key => {
      description = "Tasks failed for good, expired or could not be read: they lie in ${queue}. ${local.taskctl.failed} lists them with their reasons; fix the cause, then send them again with ${local.taskctl.redrive}. ${local.dead_letters_expire}"
      metric      = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", queue]
      statistic   = "Maximum"
    } },
    { for worker in local.workers : "tasks-waiting${worker.suffix}" => {
      description = "The oldest task${worker.of} has waited for ${local.longest_wait} seconds; after ${var.message_retention} (message_retention) SQS drops tasks without a trace. See in the log of ${var.functions.run_task.name} whether tasks are run at all; if they are, raise ${worker.settings.concurrency}, or message_retention for now."
      metric      = ["AWS/SQS", "ApproximateAgeOfOldestMessage", worker.queue]
      statistic   = "Maximum"
      threshold   = local.longest_wait
      period      = local.longest_wait < 300 ? 60 : 300
    } },
    {
      runs-dead-letters = {
        description = "A schedule was due, but not all of its tasks reached the queue: Scheduler could not invoke send_task, send_task failed, or lines of a list are not tasks. It lies in ${var.queues.runs_dead_letters.name}: ${local.taskctl.failed} lists what and why; fix the cause, then send it again with ${local.taskctl.redrive}. ${local.dead_letters_expire}"
        metric      = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", var.queues.runs_dead_letters.name]
        statistic   = "Maximum"
      }
      runs-dropped = {
        description = "Scheduler gave a run up after all of its delivery retries. It is a dead letter, unless the role of the schedules may not write one either: ${local.taskctl.failed} shows it with Scheduler's reason; fix that, then send it again with ${local.taskctl.redrive}, or `taskctl run SCHEDULE --at TIME --prefix ${var.prefix}` if it is not there."
        metric      = ["AWS/Scheduler", "InvocationDroppedCount", var.schedule_group]
      }
      runs-lost = {
        description = "Lambda could not put a run that send_task failed at into ${var.queues.runs_dead_letters.name}: it is lost. The log of ${var.functions.send_task.name} says which; fix the role's sqs:SendMessage or the key's policy, then start it again with `taskctl run SCHEDULE --at TIME --prefix ${var.prefix}`."
        metric      = ["AWS/Lambda", "DestinationDeliveryFailures", var.functions.send_task.name]
      }
      # Nothing else would show it: whatever keep_runs was to mend looks as if it still went on.
      keep-runs-errors = {
        description = "keep_runs has failed for 15 minutes: meanwhile runs that lost their end stay open, their messages are not sent, and runs that wait (overlap = \"queue\") do not start. The reason is in the log of ${var.functions.keep_runs.name}; once it is mended, keep_runs catches up by itself."
        metric      = ["AWS/Lambda", "Errors", var.functions.keep_runs.name]
        periods     = 3
      }
      # No invocation, no metric: so a missing value is what the alarm is for.
      keep-runs-silent = {
        description = "keep_runs has not run for 15 minutes: nobody sees to runs that lost their end, runs that wait do not start, and neither expected_every nor finish_within is watched. See in Scheduler's console whether the schedule keep-runs of the group ${var.schedule_group}-keep-runs is there and enabled, and in Lambda's whether ${var.functions.keep_runs.name} is active and has room; then it catches up by itself."
        metric      = ["AWS/Lambda", "Invocations", var.functions.keep_runs.name]
        comparison  = "LessThanThreshold"
        threshold   = 1
        periods     = 3
        missing     = "breaching"
      }
      # Of all schedules that say how often they must run or when they must have ended. keep_runs notices it
      # and reports it only while it lasts: a metric that is not reported costs nothing.
      schedules-overdue = {
        is_wanted   = var.watched
        description = "A schedule has not run for as long as its expected_every says, or a run has not ended within its finish_within. The log of ${var.functions.keep_runs.name} names them (message \"overdue\"); `taskctl next --prefix ${var.prefix}` shows when they were due and whether they are paused, ${local.taskctl.runs} what runs, ${local.taskctl.failed} what stopped them. A run by hand (`taskctl run`) counts as one."
        metric      = ["TaskScheduler", "overdue", var.prefix]
        statistic   = "Maximum"
      }
    },
  )

  # Problems that show before there is a dead letter.
  early_warnings = merge(
    {
      send-task-errors = {
        description = "send_task failed. Lambda tries twice more, after which the run is a dead letter; the reason is in the log of ${var.functions.send_task.name}."
        metric      = ["AWS/Lambda", "Errors", var.functions.send_task.name]
      }
      send-task-throttles = {
        description = "Lambda had no room for send_task, so a run comes late. Other functions use up the account's concurrent executions: have the quota raised, or limit them."
        metric      = ["AWS/Lambda", "Throttles", var.functions.send_task.name]
      }
      send-task-duration = {
        description = "send_task used more than half of the time that it keeps for handing a long list on, at the end of its ${var.functions.send_task.timeout} seconds: it is soon cut off. Raise send_task_timeout or send_task_memory."
        metric      = ["AWS/Lambda", "Duration", var.functions.send_task.name]
        statistic   = "Maximum"
        threshold   = (var.functions.send_task.timeout - local.send_task_reserve / 2) * 1000 # milliseconds
      }
      runs-rejected = {
        description = "Lambda rejected a run, and Scheduler will try again. Look at ${var.functions.send_task.name} in Lambda's console: whether it is there and active, and whether the role of the schedules may still invoke it (a permissions boundary or an organisation's policy may have changed)."
        metric      = ["AWS/Scheduler", "TargetErrorCount", var.schedule_group]
      }
      notifications-undelivered = {
        is_wanted   = var.chat
        description = "Notifications could not be delivered. The reason is in the log of ${var.functions.run_task.name}, ${var.functions.send_task.name} or ${var.functions.keep_runs.name} (message \"notification\"): the parameter or the secret that notify names cannot be read, or a service does not take messages. The tasks themselves have run."
        metric      = ["TaskScheduler", "undelivered", var.prefix]
      }
    },
    # Any batch in which nothing succeeded is an error; a task of its own has been retried by then.
    { for worker in local.workers : "run-task-errors${worker.suffix}" => {
      description = "For 15 minutes there were batches${worker.of} in which no task succeeded, or that died with the function. The reasons are in the log of ${var.functions.run_task.name}; if it names a time-out or memory, raise ${worker.settings.timeout} or ${worker.settings.memory}."
      metric      = ["AWS/Lambda", "Errors", worker.function]
      periods     = 3
    } },
    { for worker in local.workers : "run-task-throttles${worker.suffix}" => {
      description = "For 15 minutes Lambda has had no room for all of ${worker.is}, so tasks come late. Lower ${worker.settings.concurrency}, or have the account's quota of concurrent executions raised."
      metric      = ["AWS/Lambda", "Throttles", worker.function]
      periods     = 3
    } },
    { for worker in local.workers : "run-task-duration${worker.suffix}" => {
      description = "A batch${worker.of} used more than nine tenths of the ${local.task_seconds[worker.suffix]} seconds after which its tasks are interrupted. ${local.taskctl.runs} shows which takes so long; raise ${worker.settings.timeout}, or let tasks that wait overlap with task_concurrency."
      metric      = ["AWS/Lambda", "Duration", worker.function]
      statistic   = "Maximum"
      threshold   = floor(local.task_seconds[worker.suffix] * 900) # milliseconds
    } },
  )

  # Sums of five minutes above 0, unless an alarm says otherwise.
  usual_alarm = { is_wanted = true, statistic = "Sum", comparison = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching" }

  alarms = merge(
    { for key, alarm in local.essential_alarms : key => merge(local.usual_alarm, alarm) },
    { for key, alarm in local.early_warnings : key => merge(local.usual_alarm, alarm) if var.early_warnings },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for key, alarm in local.alarms : key => alarm if alarm.is_wanted }

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  dimensions          = { (local.dimensions[each.value.metric[0]]) = each.value.metric[2] }
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
