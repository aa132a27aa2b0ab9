mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  schedules = {
    orders   = { expression = "rate(1 hour)", enabled = true, task = "fetch", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    invoices = { expression = "rate(1 day)", enabled = true, task = "fetch", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    report   = { after = ["orders", "invoices"], enabled = true, task = "report", retries = 2, delivery_retries = 3, delivery_max_age = 3600, expected_every = 90000 }
    archive  = { after = ["report"], after_any_outcome = true, enabled = true, task = "archive", retries = 2, delivery_retries = 3, delivery_max_age = 3600, only_on = ["2099-12-24"] }
    asleep   = { after = ["report"], enabled = false, task = "archive", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
  }
}

run "a_schedule_after_others_holds_what_it_runs_and_never_fires" {
  command = plan

  assert {
    condition = alltrue([for name in ["report", "archive", "asleep"] :
      aws_scheduler_schedule.this[name].state == "DISABLED" &&
      aws_scheduler_schedule.this[name].schedule_expression == "cron(0 0 31 12 ? 2199)"
    ]) && aws_scheduler_schedule.this["orders"].state == "ENABLED"
    error_message = "a schedule after others is due by itself, or one with an expression does not"
  }

  assert {
    condition = { for name in ["orders", "report", "archive", "asleep"] : name => {
      for key, value in jsondecode(one(aws_scheduler_schedule.this[name].target).input) : key => value if contains(["after", "any_outcome", "enabled"], key)
      } } == {
      orders  = {}
      report  = { after = ["invoices", "orders"] }
      archive = { after = ["report"], any_outcome = true }
      asleep  = { after = ["report"], enabled = false }
    }
    error_message = "an input does not say what its schedule follows"
  }
}

run "keep_runs_comes_every_minute_and_is_given_those_that_are_enabled" {
  command = plan

  assert {
    condition     = aws_scheduler_schedule.keep_runs.schedule_expression == "rate(1 minute)"
    error_message = "what follows others waits for longer than a minute"
  }

  assert {
    condition = jsondecode(one(aws_scheduler_schedule.keep_runs.target).input).followers == {
      report  = { after = ["invoices", "orders"], any_outcome = false }
      archive = { after = ["report"], any_outcome = true }
    }
    error_message = "keep_runs starts others than those that follow and are enabled"
  }

  assert {
    condition     = keys(jsondecode(one(aws_scheduler_schedule.keep_runs.target).input).watched) == ["report"]
    error_message = "the silence of a schedule after others is not watched"
  }
}

run "a_chain_may_have_eight_schedules" {
  command = plan

  variables {
    schedules = merge(
      { s1 = { expression = "rate(1 hour)", enabled = true, task = "fetch", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } },
      { for number in range(2, 9) : "s${number}" => { after = ["s${number - 1}"], enabled = true, task = "fetch", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } },
    )
  }

  assert {
    condition     = length(output.schedules) == 8
    error_message = "a chain of eight is refused"
  }
}
