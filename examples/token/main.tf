# An API that asks for a token. The token is in an SSM parameter, and nowhere else:
#
#   aws ssm put-parameter --type SecureString --name /token/api --value file://token.txt

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "token"
  task_code_dir = "${path.module}/tasks"
  secrets       = { API_TOKEN = "/token/api" }

  schedules = {
    orders = {
      expression = "rate(1 hour)"
      task       = "count_orders"
      args       = { url = var.url }
    }
    refresh = {
      expression = "rate(1 day)"
      task       = "http" # built in: no code
      args       = { url = var.url, headers = "Authorization: Bearer {secret:API_TOKEN}" }
    }
  }
}
