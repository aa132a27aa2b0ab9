mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "the_default_is_one_schedule" {
  command = plan

  assert {
    condition     = keys(output.schedules) == ["hello"] && output.schedules.hello.name == "hello"
    error_message = "a bare apply makes other schedules"
  }
}

run "a_key_is_the_schedules_name" {
  command = plan

  variables {
    schedules = {
      "nightly.export-2" = { expression = "cron(0 2 * * ? *)", task = "export" }
      hourly             = { expression = "rate(1 hour)", tasks = ["one"] }
    }
  }

  assert {
    condition     = { for key, schedule in output.schedules : key => schedule.name } == { "nightly.export-2" = "nightly.export-2", hourly = "hourly" }
    error_message = "a schedule has another name than its key"
  }
}

run "a_schedule_of_null_is_refused" {
  command = plan

  variables {
    schedules = { gone = null }
  }

  expect_failures = [var.schedules]
}

run "a_schedule_without_an_expression_is_refused" {
  command = plan

  variables {
    schedules = { never = { expression = null, task = "export" } }
  }

  expect_failures = [var.schedules]
}
