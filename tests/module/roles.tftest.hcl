mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_path_and_a_boundary_of_this_account_are_legal" {
  command = plan

  variables {
    roles = { path = "/jobs/nightly/", permissions_boundary = "arn:aws:iam::123456789012:policy/bounds/jobs" }
  }
}

run "a_boundary_of_aws_is_legal" {
  command = plan

  variables {
    roles = { permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess" }
  }
}

run "a_path_without_slashes_is_refused" {
  command = plan

  variables {
    roles = { path = "jobs" }
  }

  expect_failures = [var.roles]
}

run "a_path_with_blanks_is_refused" {
  command = plan

  variables {
    roles = { path = "/night jobs/" }
  }

  expect_failures = [var.roles]
}

run "a_path_that_is_too_long_is_refused" {
  command = plan

  variables {
    roles = { path = "/${join("", [for number in range(511) : "p"])}/" }
  }

  expect_failures = [var.roles]
}

run "a_boundarys_name_is_refused" {
  command = plan

  variables {
    roles = { permissions_boundary = "bound" }
  }

  expect_failures = [var.roles]
}

run "a_role_for_a_boundary_is_refused" {
  command = plan

  variables {
    roles = { permissions_boundary = "arn:aws:iam::123456789012:role/bound" }
  }

  expect_failures = [var.roles]
}

run "a_boundary_of_another_account_is_refused" {
  command = plan

  variables {
    roles = { permissions_boundary = "arn:aws:iam::111122223333:policy/bound" }
  }

  expect_failures = [var.roles]
}

run "a_boundary_of_another_partition_is_refused" {
  command = plan

  variables {
    roles = { permissions_boundary = "arn:aws-cn:iam::aws:policy/PowerUserAccess" }
  }

  expect_failures = [var.roles]
}
