mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "the_oldest_runtime_with_the_least_memory_is_legal" {
  command = plan

  variables {
    runtime            = "python3.12"
    architecture       = "x86_64"
    send_task_memory   = 128
    run_task_memory    = 128
    log_retention_days = 0
    log_level          = "DEBUG"
  }
}

run "a_newer_runtime_with_the_most_memory_is_legal" {
  command = plan

  variables {
    runtime            = "python3.13"
    architecture       = "arm64"
    send_task_memory   = 10240
    run_task_memory    = 10240
    log_retention_days = 3653
    log_level          = "CRITICAL"
  }
}

run "what_lambda_and_cloudwatch_do_not_have_is_refused" {
  command = plan

  variables {
    runtime            = "python3.10"
    architecture       = "arm"
    send_task_memory   = 127
    run_task_memory    = 127
    log_retention_days = 2
    log_level          = "TRACE"
  }

  expect_failures = [var.runtime, var.architecture, var.send_task_memory, var.run_task_memory, var.log_retention_days, var.log_level]
}

run "too_much_memory_is_refused" {
  command = plan

  variables {
    send_task_memory = 10241
    run_task_memory  = 10241
  }

  expect_failures = [var.send_task_memory, var.run_task_memory]
}

run "parts_of_a_megabyte_are_refused" {
  command = plan

  variables {
    send_task_memory = 256.5
    run_task_memory  = 512.5
  }

  expect_failures = [var.send_task_memory, var.run_task_memory]
}
