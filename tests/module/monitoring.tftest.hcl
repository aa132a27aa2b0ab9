mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:one-of-them" }
  }
}

variables {
  prefix = "nightly"
  queues = {
    tasks                = { name = "nightly-tasks" }
    tasks_dead_letters   = { name = "nightly-tasks-dead-letter" }
    firings_dead_letters = { name = "nightly-firings-dead-letter" }
  }
  message_retention = 345600
  functions = {
    send_task = { name = "nightly-send-task", timeout = 30, log_group = "/aws/lambda/nightly-send-task" }
    run_task  = { name = "nightly-run-task", timeout = 60, log_group = "/aws/lambda/nightly-run-task" }
  }
  schedule_group = "nightly"
  expected_every = {}
  early_warnings = false
  dashboard      = false
  topic          = null
  emails         = []
  kms_key_arn    = null
  tags           = { team = "data" }
}

run "what_would_be_lost_in_silence_is_an_alarm" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [
      alarm.alarm_name, alarm.namespace, alarm.metric_name, one(values(alarm.dimensions)), alarm.statistic, alarm.threshold, alarm.evaluation_periods,
      ] } == {
      tasks-dead-letters   = ["nightly-tasks-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "nightly-tasks-dead-letter", "Maximum", 0, 1]
      firings-dead-letters = ["nightly-firings-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "nightly-firings-dead-letter", "Maximum", 0, 1]
      tasks-waiting        = ["nightly-tasks-waiting", "AWS/SQS", "ApproximateAgeOfOldestMessage", "nightly-tasks", "Maximum", 172800, 1]
    }
    error_message = "the alarms are not those for dead letters and for the age of the queue"
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0 && length(aws_cloudwatch_log_metric_filter.firings) == 0
    error_message = "something is there that costs more and was not asked for"
  }

  assert {
    condition     = keys(aws_cloudwatch_query_definition.this) == ["firings", "slowest tasks", "tasks by schedule and outcome", "tasks that failed"]
    error_message = "a saved query is missing"
  }
}

run "early_warnings_come_before_the_dead_letters" {
  command = plan

  variables {
    early_warnings = true
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [
      alarm.namespace, alarm.metric_name, one(values(alarm.dimensions)), alarm.statistic, alarm.threshold, alarm.evaluation_periods,
      ] if alarm.namespace != "AWS/SQS" } == {
      send-task-errors    = ["AWS/Lambda", "Errors", "nightly-send-task", "Sum", 0, 1]
      run-task-errors     = ["AWS/Lambda", "Errors", "nightly-run-task", "Sum", 0, 3]
      send-task-throttles = ["AWS/Lambda", "Throttles", "nightly-send-task", "Sum", 0, 1]
      run-task-throttles  = ["AWS/Lambda", "Throttles", "nightly-run-task", "Sum", 0, 3]
      send-task-duration  = ["AWS/Lambda", "Duration", "nightly-send-task", "Maximum", 27000, 1]
      run-task-duration   = ["AWS/Lambda", "Duration", "nightly-run-task", "Maximum", 54000, 1]
      firings-dropped     = ["AWS/Scheduler", "InvocationDroppedCount", "nightly", "Sum", 0, 1]
      firings-refused     = ["AWS/Scheduler", "TargetErrorCount", "nightly", "Sum", 0, 1]
    }
    error_message = "a warning is missing, or looks at something else"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => keys(alarm.dimensions)[0] if alarm.namespace == "AWS/Scheduler" } == {
      firings-dropped = "ScheduleGroup"
      firings-refused = "ScheduleGroup"
    }
    error_message = "Scheduler's metrics are those of the group"
  }
}

run "every_alarm_says_what_to_do_and_to_whom" {
  command = apply

  variables {
    early_warnings = true
    expected_every = { hourly = 3900 }
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.silence)) :
      length(alarm.alarm_description) > 100 &&
      length(alarm.alarm_description) <= 1024 &&
      alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:nightly-alarms"]) &&
      alarm.ok_actions == alarm.alarm_actions &&
      alarm.tags == tomap({ team = "data" })
    ])
    error_message = "an alarm says nothing, or to nobody"
  }
}

run "silence_is_measured_in_whole_periods_that_cloudwatch_takes" {
  command = plan

  variables {
    expected_every = { minutely = 60, odd = 3901, daily = 86400, slow = 90000, weekly = 604800, nearly = 604799 }
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.silence : name => [alarm.period, alarm.evaluation_periods] } == {
      minutely = [60, 1]
      odd      = [3960, 1]
      daily    = [86400, 1]
      slow     = [45000, 2]
      weekly   = [86400, 7]
      nearly   = [86400, 7]
    }
    error_message = "an alarm would look at another length of time, or at more than 7 days"
  }

  assert {
    condition = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.silence :
      alarm.treat_missing_data == "breaching" && alarm.comparison_operator == "LessThanThreshold" && alarm.threshold == 1 &&
      alarm.namespace == one(aws_cloudwatch_log_metric_filter.firings[name].metric_transformation).namespace &&
      alarm.metric_name == one(aws_cloudwatch_log_metric_filter.firings[name].metric_transformation).name &&
      alarm.dimensions == tomap({ schedule = name })
    ])
    error_message = "an alarm does not look at the firings that are counted for it"
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.firings["odd"].log_group_name == "/aws/lambda/nightly-send-task" &&
      aws_cloudwatch_log_metric_filter.firings["odd"].pattern == "{ $.message = \"firing\" && $.schedule = \"odd\" && $.sent >= 0 }"
    )
    error_message = "something else than the schedule's firings is counted"
  }
}

run "no_more_schedules_are_watched_than_cloudwatch_takes_filters" {
  command = plan

  variables {
    expected_every = { for number in range(101) : "schedule-${number}" => 3600 }
  }

  module {
    source = "./modules/monitoring"
  }

  expect_failures = [var.expected_every]
}

run "the_topic_takes_alarms_of_this_account_only" {
  command = plan

  variables {
    emails      = ["ops@example.com"]
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition     = [aws_sns_topic.alarms[0].name, aws_sns_topic.alarms[0].kms_master_key_id] == ["nightly-alarms", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
    error_message = "the topic has another name, or is not encrypted with the key"
  }

  assert {
    condition = jsondecode(aws_sns_topic.alarms[0].policy).Statement == [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nightly-*" }
        }
      },
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
    error_message = "others may publish to the topic, or without TLS"
  }

  assert {
    condition     = { for key, subscription in aws_sns_topic_subscription.emails : key => [subscription.protocol, subscription.endpoint] } == { "ops@example.com" = ["email", "ops@example.com"] }
    error_message = "the address gets no alarms"
  }
}

run "a_topic_of_the_users_takes_the_place_of_ours" {
  command = plan

  variables {
    topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers" }
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition     = length(aws_sns_topic.alarms) == 0 && alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:pagers"])])
    error_message = "alarms do not go to the user's topic"
  }
}

run "the_dashboard_tells_the_story" {
  command = apply

  variables {
    dashboard = true
  }

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.title] == [
      "Alarms",
      "Firings",
      "Tasks by outcome",
      "Tasks on the queue",
      "Age of the oldest task, seconds",
      "Durations, milliseconds",
      "Dead letters",
      "Tasks that failed",
    ]
    error_message = "the dashboard lacks a part of the story"
  }

  assert {
    condition     = sum([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.width]) % 24 == 0
    error_message = "a row does not fill the page"
  }
}
