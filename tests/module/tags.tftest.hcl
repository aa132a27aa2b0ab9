mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "letters_of_every_language_are_legal" {
  command = plan

  variables {
    tags = { team = "Zoë", "cost centre" = "42/a:b+c=d@e_f.g-h", "部署" = "", "about" = "our aws: jobs" }
  }
}

run "as_many_and_as_long_as_aws_takes_are_legal" {
  command = plan

  variables {
    tags = { for number in range(50) : format("%0128d", number) => format("%0256d", number) }
  }
}

run "more_tags_than_aws_takes_are_refused" {
  command = plan

  variables {
    tags = { for number in range(51) : "tag-${number}" => "" }
  }

  expect_failures = [var.tags]
}

run "an_empty_key_is_refused" {
  command = plan

  variables {
    tags = { "" = "data" }
  }

  expect_failures = [var.tags]
}

run "a_key_that_is_too_long_is_refused" {
  command = plan

  variables {
    tags = { (format("%0129d", 1)) = "data" }
  }

  expect_failures = [var.tags]
}

run "a_character_that_iam_does_not_take_in_a_key_is_refused" {
  command = plan

  variables {
    tags = { "team?" = "data" }
  }

  expect_failures = [var.tags]
}

run "a_value_that_is_too_long_is_refused" {
  command = plan

  variables {
    tags = { team = format("%0257d", 1) }
  }

  expect_failures = [var.tags]
}

run "a_character_that_iam_does_not_take_in_a_value_is_refused" {
  command = plan

  variables {
    tags = { team = "night & day" }
  }

  expect_failures = [var.tags]
}

run "a_key_of_awss_own_is_refused" {
  command = plan

  variables {
    tags = { "aws:team" = "data" }
  }

  expect_failures = [var.tags]
}

run "a_value_of_awss_own_is_refused" {
  command = plan

  variables {
    tags = { team = "AWS:data" }
  }

  expect_failures = [var.tags]
}

run "keys_that_iam_takes_for_the_same_are_refused" {
  command = plan

  variables {
    tags = { team = "data", Team = "data" }
  }

  expect_failures = [var.tags]
}
