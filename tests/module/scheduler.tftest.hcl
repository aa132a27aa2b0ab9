mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/nightly-scheduler" }
  }
}

variables {
  prefix                = "nightly"
  timezone              = "Europe/Berlin"
  task_code_dir         = "./tasks"
  send_task_arn         = "arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"
  dead_letter_queue_arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter"
  kms_key_arn           = null
  roles                 = { path = "/", permissions_boundary = null }
  tags                  = { team = "data" }

  notify_on = null

  schedules = {
    plain = {
      expression              = "rate(1 hour)"
      timezone                = null
      description             = null
      enabled                 = true
      expected_every          = null
      flexible_window_minutes = null
      start_date              = null
      end_date                = null
      delivery_retries        = 3
      delivery_max_age        = 3600
      task                    = null
      args                    = null
      tasks                   = ["one"]
      tasks_file              = null
      tasks_s3_uri            = null
      tasks_source            = null
      retries                 = 2
      max_age                 = null
      notify_on               = null
    }
    object = {
      expression              = "rate(1 hour)"
      timezone                = null
      description             = null
      enabled                 = true
      expected_every          = null
      flexible_window_minutes = null
      start_date              = null
      end_date                = null
      delivery_retries        = 3
      delivery_max_age        = 3600
      task                    = "say"
      args                    = null
      tasks                   = null
      tasks_file              = null
      tasks_s3_uri            = "s3://lists/today.csv.gz"
      tasks_source            = null
      retries                 = 2
      max_age                 = null
      notify_on               = null
    }
    generated = {
      expression              = "rate(1 hour)"
      timezone                = null
      description             = null
      enabled                 = true
      expected_every          = null
      flexible_window_minutes = null
      start_date              = null
      end_date                = null
      delivery_retries        = 3
      delivery_max_age        = 3600
      task                    = null
      args                    = null
      tasks                   = null
      tasks_file              = null
      tasks_s3_uri            = null
      tasks_source            = "pages"
      retries                 = 2
      max_age                 = null
      notify_on               = null
    }
    full = {
      expression              = "cron(0 2 ? * MON-FRI *)"
      timezone                = "Asia/Tokyo"
      description             = "Nightly export"
      enabled                 = false
      expected_every          = null
      flexible_window_minutes = 15
      start_date              = "2027-01-01T00:00:00Z"
      end_date                = "2028-01-01T00:00:00Z"
      delivery_retries        = 185
      delivery_max_age        = 86400
      task                    = "export"
      args                    = { to = "s3", format = "csv" }
      tasks                   = null
      tasks_file              = "hello.txt"
      tasks_s3_uri            = null
      tasks_source            = null
      retries                 = 0
      max_age                 = 900
      notify_on               = null
    }
    texts = {
      expression              = "at(2037-12-31T23:59:59)"
      timezone                = null
      description             = null
      enabled                 = true
      expected_every          = null
      flexible_window_minutes = null
      start_date              = null
      end_date                = null
      delivery_retries        = 0
      delivery_max_age        = 60
      task                    = "say"
      args                    = { html = "<b>&</b>" }
      tasks                   = ["<aws.scheduler.execution-id>", "\\u003c & \"quoted\" \\ back", "日本語 ü 🎉", "{\"scheduled_time\":1}"]
      tasks_file              = null
      tasks_s3_uri            = null
      tasks_source            = null
      retries                 = 2
      max_age                 = null
      notify_on               = null
    }
  }
}

run "the_input_is_what_send_task_reads_byte_for_byte" {
  command = plan

  module {
    source = "./modules/scheduler"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["plain"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"plain\",\"tasks\":[\"one\"],\"version\":1}"
    error_message = "a plain schedule's input is ${one(aws_scheduler_schedule.this["plain"].target).input}"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["full"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"args\":{\"format\":\"csv\",\"to\":\"s3\"},\"max_age\":900,\"retries\":0,\"schedule\":\"full\",\"task\":\"export\",\"tasks_file\":\"hello.txt\",\"version\":1}"
    error_message = "a full schedule's input is ${one(aws_scheduler_schedule.this["full"].target).input}"
  }

  # Scheduler replaces what looks like one of its attributes; in a user's text it has to look otherwise.
  assert {
    condition     = one(aws_scheduler_schedule.this["texts"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"args\":{\"html\":\"\\u003cb\\u003e\\u0026\\u003c/b\\u003e\"},\"retries\":2,\"schedule\":\"texts\",\"task\":\"say\",\"tasks\":[\"\\u003caws.scheduler.execution-id\\u003e\",\"\\\\u003c \\u0026 \\\"quoted\\\" \\\\ back\",\"日本語 ü 🎉\",\"{\\\"scheduled_time\\\":1}\"],\"version\":1}"
    error_message = "the input with difficult texts is ${one(aws_scheduler_schedule.this["texts"].target).input}"
  }

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.this["texts"].target).input).tasks == [for text in var.schedules.texts.tasks : text]
    error_message = "texts do not survive the way into the input"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["object"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"object\",\"task\":\"say\",\"tasks_s3_uri\":\"s3://lists/today.csv.gz\",\"version\":1}"
    error_message = "the input of a schedule whose list is in S3 is ${one(aws_scheduler_schedule.this["object"].target).input}"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["generated"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"generated\",\"tasks_source\":\"pages\",\"version\":1}"
    error_message = "the input of a schedule whose list is generated is ${one(aws_scheduler_schedule.this["generated"].target).input}"
  }
}

run "fields_reach_the_schedule" {
  command = plan

  module {
    source = "./modules/scheduler"
  }

  assert {
    condition = jsonencode([for schedule in aws_scheduler_schedule.this : [
      schedule.name,
      schedule.group_name,
      schedule.schedule_expression,
      schedule.schedule_expression_timezone,
      schedule.description,
      schedule.state,
      schedule.start_date,
      schedule.end_date,
      one(schedule.flexible_time_window).mode,
      one(schedule.flexible_time_window).maximum_window_in_minutes,
      one(one(schedule.target).retry_policy).maximum_retry_attempts,
      one(one(schedule.target).retry_policy).maximum_event_age_in_seconds,
      ] if contains(["full", "plain", "texts"], schedule.name)]) == jsonencode([
      ["full", "nightly", "cron(0 2 ? * MON-FRI *)", "Asia/Tokyo", "Nightly export", "DISABLED", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "FLEXIBLE", 15, 185, 86400],
      ["plain", "nightly", "rate(1 hour)", "Europe/Berlin", null, "ENABLED", null, null, "OFF", null, 3, 3600],
      ["texts", "nightly", "at(2037-12-31T23:59:59)", "Europe/Berlin", null, "ENABLED", null, null, "OFF", null, 0, 60],
    ])
    error_message = "a field of a schedule went astray"
  }

  assert {
    condition = alltrue([for schedule in aws_scheduler_schedule.this :
      one(schedule.target).arn == "arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task" &&
      one(one(schedule.target).dead_letter_config).arn == "arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter"
    ])
    error_message = "a schedule does not invoke send_task, or drops what it cannot deliver"
  }
}

run "the_role_is_the_groups_and_may_invoke_and_dead_letter" {
  command = apply

  module {
    source = "./modules/scheduler"
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = {
        "aws:SourceAccount" = "123456789012"
        "aws:SourceArn"     = aws_scheduler_schedule_group.this.arn
      } }
    }]
    error_message = "others than this account's schedule group may take the role on"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"] },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter"] },
    ]
    error_message = "Scheduler may do something else than invoke send_task and send dead letters"
  }

  assert {
    condition     = output.schedules == { for name, schedule in aws_scheduler_schedule.this : name => { name = name, arn = schedule.arn } }
    error_message = "the output does not tell every schedule's ARN"
  }
}

run "an_unknown_default_time_zone_is_refused" {
  command = plan

  variables {
    timezone = "Asia/Tapei"
  }

  module {
    source = "./modules/scheduler"
  }

  expect_failures = [var.timezone]
}

run "a_key_encrypts_the_schedules_and_opens_them_to_their_role" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  module {
    source = "./modules/scheduler"
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"])
    error_message = "a schedule is not encrypted with the key"
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 2, 4) == [
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
        Condition = { ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = "arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly/*" } }
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
        Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-west-1.amazonaws.com" } }
      },
    ]
    error_message = "Scheduler cannot read its schedules or write dead letters, or may use the key for more"
  }
}

run "the_role_lies_where_the_organisation_wants_it" {
  command = plan

  variables {
    roles = { path = "/jobs/", permissions_boundary = "arn:aws:iam::123456789012:policy/bound" }
  }

  module {
    source = "./modules/scheduler"
  }

  assert {
    condition     = [aws_iam_role.this.path, aws_iam_role.this.permissions_boundary] == ["/jobs/", "arn:aws:iam::123456789012:policy/bound"]
    error_message = "the role lacks its path or its boundary"
  }
}
