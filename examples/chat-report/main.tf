# A function that fetches something and reports it: its result is sent to chat. Before the first
# run, put the Apprise URLs of your chat services into the parameter:
#
#   aws ssm put-parameter --type SecureString --name /chat-report/chat --value 'slack://...'

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "chat-report"
  timezone      = var.timezone
  task_code_dir = "${path.module}/tasks"

  notify    = { ssm_parameter = var.chat_parameter }
  notify_on = ["success", "failure"]

  schedules = {
    rates = {
      expression = "cron(0 8 ? * MON-FRI *)"
      task       = "report_rates"
      args       = { url = var.rates_url, currencies = "USD CHF JPY" }
    }
  }
}
