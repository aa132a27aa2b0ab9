# Workers beside the default one: a large one, and one whose queue is FIFO.

provider "aws" {}

locals {
  once = "at(2037-01-01T00:00:00)"
}

module "task_scheduler" {
  source = "../../../.."

  prefix        = "crew"
  task_code_dir = "${path.module}/tasks"
  environment   = { SIZE = "default" }

  workers = {
    big     = { memory = 1024, timeout = 120, batch_size = 1, environment = { SIZE = "big" } }
    ordered = { fifo = true, environment = { SIZE = "ordered" } }
  }

  schedules = {
    heavy = { expression = local.once, task = "where", worker = "big" }
    mixed = { expression = local.once, task = "where", tasks_file = "mixed.jsonl" }
    failing = {
      expression = local.once
      task       = "fail"
      tasks_file = "failing.jsonl"
      retries    = 0
    }
  }
}
