mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_parameter_is_legal" {
  command = plan

  variables {
    notify = { ssm_parameter = "/jobs/chat_1.a-b", kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd" }
  }
}

run "a_secrets_name_is_legal" {
  command = plan

  variables {
    notify = { secret = "jobs/chat_1+a=b.c@d-e" }
  }
}

run "a_secret_of_another_account_is_legal" {
  command = plan

  variables {
    notify = { secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:jobs/chat-AbCdEf" }
  }
}

run "no_place_for_urls_is_refused" {
  command = plan

  variables {
    notify = {}
  }

  expect_failures = [var.notify]
}

run "two_places_for_urls_are_refused" {
  command = plan

  variables {
    notify = { ssm_parameter = "/jobs/chat", secret = "jobs/chat" }
  }

  expect_failures = [var.notify]
}

run "a_url_for_a_parameter_is_refused" {
  command = plan

  variables {
    notify = { ssm_parameter = "slack://T1/B1/token" }
  }

  expect_failures = [var.notify]
}

run "a_parameters_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    notify = { ssm_parameter = join("", [for number in range(1012) : "p"]) }
  }

  expect_failures = [var.notify]
}

run "a_url_for_a_secret_is_refused" {
  command = plan

  variables {
    notify = { secret = "https://hooks.slack.com/services/T1" }
  }

  expect_failures = [var.notify]
}

run "half_of_a_secrets_arn_is_refused" {
  command = plan

  variables {
    notify = { secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat" }
  }

  expect_failures = [var.notify]
}

run "a_secret_of_another_region_is_refused" {
  command = plan

  variables {
    notify = { secret = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:chat-AbCdEf" }
  }

  expect_failures = [var.notify]
}

run "a_secret_of_another_partition_is_refused" {
  command = plan

  variables {
    notify = { secret = "arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf" }
  }

  expect_failures = [var.notify]
}

run "an_alias_of_a_key_is_refused" {
  command = plan

  variables {
    notify = { secret = "jobs/chat", kms_key_arn = "alias/chat" }
  }

  expect_failures = [var.notify]
}

run "a_key_of_another_region_is_refused" {
  command = plan

  variables {
    notify = { secret = "jobs/chat", kms_key_arn = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd" }
  }

  expect_failures = [var.notify]
}

run "a_key_of_another_partition_is_refused" {
  command = plan

  variables {
    notify = { secret = "jobs/chat", kms_key_arn = "arn:aws-cn:kms:eu-west-1:123456789012:key/1234abcd" }
  }

  expect_failures = [var.notify]
}

run "an_unknown_result_is_refused" {
  command = plan

  variables {
    notify_on = ["failure", "never"]
  }

  expect_failures = [var.notify_on]
}
