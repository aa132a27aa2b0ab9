# pandas in the layer. Its packages are built once, and again after a change of requirements.txt:
#
#   make package-layer REQUIREMENTS=examples/pandas/requirements.txt OUT=examples/pandas/layer

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix           = "pandas"
  task_code_dir    = "${path.module}/tasks"
  layer_dir        = "${path.module}/layer"
  run_task_memory  = 1024
  run_task_timeout = 120

  schedules = {
    summary = {
      expression = "cron(0 7 ? * MON *)"
      task       = "summarize"
      args       = { path = "sales.csv" }
    }
  }
}
