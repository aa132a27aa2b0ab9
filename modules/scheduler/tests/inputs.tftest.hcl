mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  schedules = {
    plain = {
      expression       = "rate(1 hour)"
      enabled          = true
      delivery_retries = 3
      delivery_max_age = 3600
      tasks            = ["one"]
      retries          = 2
    }
    object = {
      expression       = "rate(1 hour)"
      enabled          = true
      delivery_retries = 3
      delivery_max_age = 3600
      task             = "say"
      tasks_s3_uri     = "s3://lists/today.csv.gz"
      retries          = 2
    }
    generated = {
      expression       = "rate(1 hour)"
      enabled          = true
      delivery_retries = 3
      delivery_max_age = 3600
      tasks_source     = "pages"
      retries          = 2
    }
    full = {
      expression       = "rate(1 hour)"
      timezone         = "Asia/Tokyo"
      enabled          = true
      delivery_retries = 185
      delivery_max_age = 86400
      task             = "export"
      args             = { to = "s3", format = "csv" }
      tasks_file       = "hello.txt"
      retries          = 0
      max_age          = 900
      overlap          = "queue"
      skip_on          = ["2027-12-25", "2027-05-01", "2027-12-25"]
      only_on          = ["2027-12-27", "2027-12-25"]
    }
    texts = {
      expression       = "rate(1 hour)"
      enabled          = true
      delivery_retries = 0
      delivery_max_age = 60
      task             = "say"
      args             = { html = "<b>&</b>" }
      tasks            = ["<aws.scheduler.execution-id>", "\\u003c & \"quoted\" \\ back", "日本語 ü 🎉", "{\"scheduled_time\":1}"]
      retries          = 2
    }
  }
}

run "the_input_is_what_send_task_reads_byte_for_byte" {
  command = plan

  assert {
    condition     = one(aws_scheduler_schedule.this["plain"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"plain\",\"tasks\":[\"one\"],\"timezone\":\"Europe/Berlin\",\"version\":1}"
    error_message = "a plain schedule's input is ${one(aws_scheduler_schedule.this["plain"].target).input}"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["full"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"args\":{\"format\":\"csv\",\"to\":\"s3\"},\"max_age\":900,\"only_on\":[\"2027-12-25\",\"2027-12-27\"],\"overlap\":\"queue\",\"retries\":0,\"schedule\":\"full\",\"skip_on\":[\"2027-05-01\",\"2027-12-25\"],\"task\":\"export\",\"tasks_file\":\"hello.txt\",\"timezone\":\"Asia/Tokyo\",\"version\":1}"
    error_message = "a full schedule's input is ${one(aws_scheduler_schedule.this["full"].target).input}"
  }

  # Scheduler replaces what looks like one of its attributes; in a user's text it must look otherwise.
  assert {
    condition     = one(aws_scheduler_schedule.this["texts"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"args\":{\"html\":\"\\u003cb\\u003e\\u0026\\u003c/b\\u003e\"},\"retries\":2,\"schedule\":\"texts\",\"task\":\"say\",\"tasks\":[\"\\u003caws.scheduler.execution-id\\u003e\",\"\\\\u003c \\u0026 \\\"quoted\\\" \\\\ back\",\"日本語 ü 🎉\",\"{\\\"scheduled_time\\\":1}\"],\"timezone\":\"Europe/Berlin\",\"version\":1}"
    error_message = "the input with difficult texts is ${one(aws_scheduler_schedule.this["texts"].target).input}"
  }

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.this["texts"].target).input).tasks == [for text in var.schedules.texts.tasks : text]
    error_message = "texts do not survive the way into the input"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["object"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"object\",\"task\":\"say\",\"tasks_s3_uri\":\"s3://lists/today.csv.gz\",\"timezone\":\"Europe/Berlin\",\"version\":1}"
    error_message = "the input of a schedule whose list is in S3 is ${one(aws_scheduler_schedule.this["object"].target).input}"
  }

  assert {
    condition     = one(aws_scheduler_schedule.this["generated"].target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\",\"retries\":2,\"schedule\":\"generated\",\"tasks_source\":\"pages\",\"timezone\":\"Europe/Berlin\",\"version\":1}"
    error_message = "the input of a schedule whose list is generated is ${one(aws_scheduler_schedule.this["generated"].target).input}"
  }
}
