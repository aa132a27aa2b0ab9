# What taskctl operates: the module, with a schedule for each of its tests.

provider "aws" {}

variable "folder" {
  description = "What the task `need` looks into."
  type        = string
}

module "task_scheduler" {
  source = "../../../.."

  prefix        = "operated"
  timezone      = "Europe/Zurich"
  task_code_dir = "${path.module}/tasks"
  notify        = { ssm_parameter = "/operated/chat" }
  notify_on     = []

  schedules = {
    nightly = {
      expression              = "cron(0 2 * * ? *)"
      description             = "Has something in every setting."
      start_date              = "2035-01-01T00:00:00Z"
      end_date                = "2036-01-01T00:00:00Z"
      flexible_window_minutes = 15
      delivery_retries        = 5
      delivery_max_age        = 600
      task                    = "greet"
      args                    = { greeting = "Hi <you> & \"me\"" }
      tasks                   = ["one", "two"]
    }
    written_off = {
      expression = "rate(365 days)"
      enabled    = false
      tasks      = ["nothing to do"]
    }
    needy = {
      expression = "at(2037-01-01T00:00:00)"
      task       = "need"
      args       = { folder = var.folder }
      tasks      = ["alpha", "beta", "gamma"]
      retries    = 0
    }
    yearly = {
      expression = "cron(0 2 1 1 ? *)"
      task       = "greet"
      tasks      = ["one"]
    }
    wavering = {
      expression = "at(2037-01-01T00:00:00)"
      task       = "waver"
    }
    lines = {
      expression = "at(2037-01-01T00:00:00)"
      task       = "greet"
      tasks_file = "lines.jsonl"
    }
    half = {
      expression   = "at(2037-01-01T00:00:00)"
      task         = "greet"
      tasks_source = "half"
    }
    summary = {
      after   = ["nightly"]
      enabled = false
      task    = "sum_up"
    }
    hopeless = {
      after   = ["sourceless"]
      enabled = false
      task    = "sum_up"
    }
    sourceless = {
      expression   = "at(2037-01-01T00:00:00)"
      tasks_source = "nowhere"
    }
  }
}
