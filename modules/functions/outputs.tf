output "send_task" {
  description = "The function that puts the tasks of a run on the queue: name, arn and log_group."
  value = {
    name      = aws_lambda_function.this["send_task"].function_name
    arn       = aws_lambda_function.this["send_task"].arn
    log_group = aws_cloudwatch_log_group.this["send_task"].name
  }
}

output "send_task_role" {
  description = "The role of send_task: name and arn."
  value = {
    name = aws_iam_role.this["send_task"].name
    arn  = aws_iam_role.this["send_task"].arn
  }
}

output "run_task" {
  description = "The function that runs the tasks on the queue: name, arn and log_group."
  value = {
    name      = aws_lambda_function.this["run_task"].function_name
    arn       = aws_lambda_function.this["run_task"].arn
    log_group = aws_cloudwatch_log_group.this["run_task"].name
  }
}

output "run_task_role" {
  description = "The role of run_task: name and arn."
  value = {
    name = aws_iam_role.this["run_task"].name
    arn  = aws_iam_role.this["run_task"].arn
  }
}

output "workers" {
  description = "The functions that run tasks, by worker: name, arn and log_group of each, and its role (name and arn)."
  value = { for name, key in local.worker_functions : name => {
    name      = aws_lambda_function.this[key].function_name
    arn       = aws_lambda_function.this[key].arn
    log_group = aws_cloudwatch_log_group.this["run_task"].name
    role      = { name = aws_iam_role.this[key].name, arn = aws_iam_role.this[key].arn }
  } }
}

output "keep_runs" {
  description = "The function that looks after runs that are open or wait: name, arn and log_group."
  value = {
    name      = aws_lambda_function.this["keep_runs"].function_name
    arn       = aws_lambda_function.this["keep_runs"].arn
    log_group = aws_cloudwatch_log_group.this["keep_runs"].name
  }
}

output "keep_runs_role" {
  description = "The role of keep_runs: name and arn."
  value = {
    name = aws_iam_role.this["keep_runs"].name
    arn  = aws_iam_role.this["keep_runs"].arn
  }
}

output "code" {
  description = "Hashes (SHA-256 in base64) of the functions' code: planned, and deployed by the function's name."
  value = {
    planned  = local.packages.tasks.sha256
    deployed = { for function in aws_lambda_function.this : function.function_name => function.code_sha256 }
  }
}
