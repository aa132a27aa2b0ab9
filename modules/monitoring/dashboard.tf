# From left to right and from top to bottom: runs, the outcomes of tasks, the queue, durations, dead
# letters.

locals {
  # A graph of metrics: lines of [namespace, metric, dimension, value, label and settings].
  graphs = [
    {
      title = "Runs"
      stat  = "Sum"
      lines = [
        ["AWS/Scheduler", "InvocationAttemptCount", "ScheduleGroup", var.schedule_group, { label = "started" }],
        ["AWS/Scheduler", "TargetErrorCount", "ScheduleGroup", var.schedule_group, { label = "rejected" }],
        ["AWS/Scheduler", "InvocationDroppedCount", "ScheduleGroup", var.schedule_group, { label = "dropped" }],
        ["AWS/Lambda", "Errors", "FunctionName", var.functions.send_task.name, { label = "failed in send_task" }],
        ["AWS/Lambda", "Errors", "FunctionName", var.functions.keep_runs.name, { label = "failed in keep_runs" }],
      ]
      marks = []
    },
    {
      title = "Tasks on the queue"
      stat  = "Maximum"
      lines = concat([for worker in local.workers : [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", worker.queue, { label = "${worker.prefix}waiting" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", worker.queue, { label = "${worker.prefix}running, or waiting for a retry" }],
      ]]...)
      marks = []
    },
    {
      title = "Age of the oldest task, seconds"
      stat  = "Maximum"
      lines = [for worker in local.workers : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", worker.queue, { label = "${worker.prefix}oldest" }]]
      marks = [{ label = "alarm", value = local.longest_wait }]
    },
    {
      title = "Durations, milliseconds"
      stat  = "Maximum"
      lines = concat(
        [["AWS/Lambda", "Duration", "FunctionName", var.functions.send_task.name, { label = "send_task, longest" }]],
        concat([for worker in local.workers : [
          ["AWS/Lambda", "Duration", "FunctionName", worker.function, { label = "${worker.name}, longest" }],
          ["AWS/Lambda", "Duration", "FunctionName", worker.function, { label = "${worker.name}, on average", stat = "Average" }],
        ]]...),
        [["AWS/Lambda", "Duration", "FunctionName", var.functions.keep_runs.name, { label = "keep_runs, longest" }]],
      )
      marks = [
        { label = "send_task_timeout", value = var.functions.send_task.timeout * 1000 },
        { label = "run_task_timeout", value = var.functions.run_task.timeout * 1000 },
      ]
    },
    {
      title = "Dead letters"
      stat  = "Maximum"
      lines = concat(
        [
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queues.tasks_dead_letters.name, { label = "tasks" }],
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queues.runs_dead_letters.name, { label = "runs and lines" }],
        ],
        [for queue in var.workers_dead_letters[*] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.name, { label = "tasks of other workers" }]],
      )
      marks = []
    },
  ]

  graph_widgets = [for graph in local.graphs : {
    type   = "metric"
    width  = 12
    height = 6
    properties = {
      title       = graph.title
      region      = var.aws.region
      view        = "timeSeries"
      stat        = graph.stat
      period      = 300
      metrics     = graph.lines
      annotations = { horizontal = graph.marks }
      yAxis       = { left = { min = 0 } }
    }
  }]

  # From the log, for which a metric of each outcome would have a price of its own.
  outcomes = ["success", "retry", "failed", "expired", "duplicate", "unreadable", "cancelled"]

  outcomes_widget = {
    type   = "log"
    width  = 12
    height = 6
    properties = {
      title  = "Tasks by outcome"
      region = var.aws.region
      view   = "bar"
      query = join(" | ", [
        "SOURCE '${var.functions.run_task.log_group}'",
        "filter message = 'task' and ispresent(service)",
        "fields ${join(", ", [for outcome in local.outcomes : "strcontains(outcome, '${outcome}') as is_${outcome}"])}",
        "stats ${join(", ", [for outcome in local.outcomes : "sum(is_${outcome}) as ${outcome}"])} by bin(15m)",
      ])
    }
  }

  alarm_arns = values(aws_cloudwatch_metric_alarm.this)[*].arn

  alarms_widget = {
    type   = "alarm"
    width  = 24
    height = 3
    properties = {
      title  = "Alarms"
      alarms = slice(local.alarm_arns, 0, min(100, length(local.alarm_arns))) # more do not fit
    }
  }

  failures_widget = {
    type   = "log"
    width  = 24
    height = 6
    properties = {
      title  = "Tasks that failed"
      region = var.aws.region
      view   = "table"
      query  = "SOURCE '${var.functions.run_task.log_group}' | ${replace(trimspace(local.queries["tasks that failed"].query), "\n", " ")}"
    }
  }
}

# Widgets without a place of their own follow one another in rows of 24 columns.
resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard == null ? 0 : 1

  dashboard_name = var.dashboard
  dashboard_body = jsonencode({
    widgets = flatten([
      local.alarms_widget,
      local.graph_widgets[0],
      local.outcomes_widget,
      slice(local.graph_widgets, 1, length(local.graph_widgets)),
      local.failures_widget,
    ])
  })
}
