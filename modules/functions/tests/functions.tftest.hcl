mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_function_is_what_the_variables_say" {
  command = plan

  assert {
    condition = { for key, function in aws_lambda_function.this : key => [
      function.function_name, function.handler, function.timeout, function.memory_size, function.runtime, one(function.architectures),
      ] } == {
      send_task = ["nightly-send-task", "task_scheduler.send_task.handler", 30, 256, "python3.12", "x86_64"]
      run_task  = ["nightly-run-task", "task_scheduler.run_task.handler", 60, 512, "python3.12", "x86_64"]
      keep_runs = ["nightly-keep-runs", "task_scheduler.keep_runs.handler", 60, 256, "python3.12", "x86_64"]
    }
    error_message = "a function is not what the variables say"
  }
}

run "outputs_are_of_each_function_and_its_role" {
  command = apply

  assert {
    condition = [output.send_task, output.run_task, output.keep_runs] == [for key in ["send_task", "run_task", "keep_runs"] : {
      name      = aws_lambda_function.this[key].function_name
      arn       = aws_lambda_function.this[key].arn
      log_group = aws_cloudwatch_log_group.this[key].name
    }]
    error_message = "an output is of another function"
  }

  assert {
    condition = [output.send_task_role, output.run_task_role, output.keep_runs_role] == [for key in ["send_task", "run_task", "keep_runs"] : {
      name = aws_iam_role.this[key].name
      arn  = aws_iam_role.this[key].arn
    }]
    error_message = "an output is of another role"
  }
}
