mock_provider "aws" {
  source = "./tests/module/mocks"
}

variables {
  task_code_dir = "./tests/module/code/tasks"
  environment   = { STAGE = "test" }
  secrets       = { API_TOKEN = "/jobs/token" }
}

run "without_workers_there_is_one" {
  command = plan

  assert {
    condition     = keys(output.workers) == ["default"] && output.workers["default"].queue.name == "nightly-tasks" && output.workers["default"].function.name == "nightly-run-task"
    error_message = "there is more than one worker, or it is not run_task"
  }
}

run "a_worker_has_its_own_settings_and_the_default_ones_else" {
  command = plan

  variables {
    run_task_timeout = 100
    workers = {
      big     = { memory = 4096, timeout = 900, batch_size = 1, environment = { STAGE = "big" } }
      ordered = { fifo = true, policy_statements = [{ actions = ["s3:GetObject"], resources = ["arn:aws:s3:::reports/*"] }] }
    }
    schedules = {
      heavy = { expression = "rate(1 day)", task = "work", worker = "big" }
      light = { expression = "rate(1 day)", task = "work", worker = "default" }
    }
  }

  assert {
    condition = { for name, worker in output.workers : name => [worker.queue.name, worker.function.name, worker.function.log_group, worker.role.name, worker.dead_letter_queue.name] } == {
      default = ["nightly-tasks", "nightly-run-task", "/aws/lambda/nightly-run-task", "nightly-eu-west-1-run-task", "nightly-tasks-dead-letter"]
      big     = ["nightly-tasks-big", "nightly-run-task-big", "/aws/lambda/nightly-run-task", "nightly-eu-west-1-run-task-big", "nightly-tasks-dead-letter"]
      ordered = ["nightly-tasks-ordered.fifo", "nightly-run-task-ordered", "/aws/lambda/nightly-run-task", "nightly-eu-west-1-run-task-ordered", "nightly-workers-dead-letter.fifo"]
    }
    error_message = "a worker's parts are not its own, or not those of one system"
  }
}
