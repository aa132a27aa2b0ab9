# Task code that does with its secrets whatever gives them away.

provider "aws" {}

variable "url" {
  type        = string
  description = "Of a server that answers with the headers of the request."
}

locals {
  once = "at(2037-01-01T00:00:00)"
}

module "task_scheduler" {
  source = "../../../.."

  prefix        = "secretive"
  task_code_dir = "${path.module}/tasks"
  environment   = { STAGE = "test" }
  secrets = {
    API_TOKEN = "/secretive/token"
    DATABASE  = "secretive/database"
  }
  # It has secrets of its own in place of the default worker's.
  workers = { other = { secrets = { API_TOKEN = "/secretive/other" } } }
  notify  = { ssm_parameter = "/secretive/chat" }

  schedules = {
    leaking = {
      expression   = local.once
      task         = "leak"
      tasks_source = "ways"
      retries      = 0
      notify_on    = ["success", "failure", "recovery"]
    }
    elsewhere = {
      expression = local.once
      task       = "elsewhere"
      worker     = "other"
      retries    = 0
    }
    unmade = {
      expression   = local.once
      tasks_source = "broken"
    }
    asking = {
      expression = local.once
      task       = "http"
      args       = { url = var.url, headers = "Authorization: Bearer {secret:API_TOKEN}" }
      notify_on  = ["success", "failure"]
    }
  }
}
