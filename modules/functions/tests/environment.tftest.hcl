mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_environment_holds_addresses_and_settings_only" {
  command = plan

  assert {
    condition = { for key, function in aws_lambda_function.this : key => one(function.environment).variables } == {
      send_task = tomap({
        QUEUE_URL               = "https://tasks"
        RUNS_DEAD_LETTER_URL    = "https://runs-dead"
        LEDGER_TABLE            = "nightly-ledger"
        LEDGER_RETENTION        = "34560000"
        TASK_LOG_GROUP          = "/aws/lambda/nightly-run-task"
        POWERTOOLS_SERVICE_NAME = "nightly"
        LOG_LEVEL               = "INFO"
      })
      run_task = tomap({
        QUEUE_URL               = "https://tasks"
        TASKS_DEAD_LETTER_URL   = "https://tasks-dead"
        MAX_RECEIVE_COUNT       = "13"
        MESSAGE_RETENTION       = "345600"
        TASK_CONCURRENCY        = "4"
        LEDGER_TABLE            = "nightly-ledger"
        LEDGER_RETENTION        = "34560000"
        TASK_LOG_GROUP          = "/aws/lambda/nightly-run-task"
        POWERTOOLS_SERVICE_NAME = "nightly"
        LOG_LEVEL               = "INFO"
      })
      keep_runs = tomap({
        SCHEDULE_GROUP          = "nightly"
        SEND_TASK_FUNCTION      = "nightly-send-task"
        MESSAGE_RETENTION       = "345600"
        LEDGER_TABLE            = "nightly-ledger"
        LEDGER_RETENTION        = "34560000"
        TASK_LOG_GROUP          = "/aws/lambda/nightly-run-task"
        POWERTOOLS_SERVICE_NAME = "nightly"
        LOG_LEVEL               = "INFO"
      })
    }
    error_message = "a function's environment is not what its handler reads"
  }
}

run "metrics_of_each_schedule_are_kept_if_they_are_wanted" {
  command = plan

  variables {
    metrics_by_schedule = true
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.environment).variables["METRICS_BY_SCHEDULE"] == "true"])
    error_message = "a function keeps no metrics of each schedule"
  }
}
