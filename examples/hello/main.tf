# One of each: texts that are printed, inline and from a file, a function with arguments, and a task
# that fails, is retried, becomes a dead letter and is reported in chat.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = var.prefix
  timezone      = var.timezone
  task_code_dir = "${path.module}/tasks"
  layer_dir     = var.layer_dir
  runtime       = var.runtime
  architecture  = var.architecture

  # Short, so that a task whose function dies is retried soon.
  run_task_timeout   = 15
  visibility_timeout = 15

  # The outcome of every task is sent to chat, if a parameter has its URL.
  notify    = var.chat_parameter == null ? null : { ssm_parameter = var.chat_parameter }
  notify_on = ["success", "failure", "recovery"]

  schedules = {
    hello = {
      expression = var.expression
      tasks      = ["Hello from Lambda #1!", "Hello from Lambda #2!"]
    }
    hello-file = {
      expression = var.expression
      tasks_file = "hello.txt"
    }
    greet = {
      expression = var.expression
      task       = "greet"
      args       = { greeting = "Good morning" }
      tasks      = ["Ada", "Grace"]
    }
    fetch = {
      expression = var.expression
      task       = "fetch"
      args       = { url = "http://127.0.0.1:9/nobody-listens-here" }
      retries    = 1
    }
  }
}
