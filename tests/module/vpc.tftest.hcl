mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "ids_of_both_lengths_are_legal" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123abcd"], security_group_ids = ["sg-0123456789abcdef0", "sg-0123abcd"] }
  }
}

run "as_many_as_lambda_takes_are_legal" {
  command = plan

  variables {
    vpc = { subnet_ids = [for number in range(16) : format("subnet-%08x", number)], security_group_ids = [for number in range(5) : format("sg-%08x", number)] }
  }
}

run "no_subnet_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-0123abcd"] }
  }

  expect_failures = [var.vpc]
}

run "more_subnets_than_lambda_takes_are_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = [for number in range(17) : format("subnet-%08x", number)], security_group_ids = ["sg-0123abcd"] }
  }

  expect_failures = [var.vpc]
}

run "a_subnets_name_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = ["private"], security_group_ids = ["sg-0123abcd"] }
  }

  expect_failures = [var.vpc]
}

run "half_of_a_subnets_id_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0123456789"], security_group_ids = ["sg-0123abcd"] }
  }

  expect_failures = [var.vpc]
}

run "no_security_group_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0123abcd"], security_group_ids = [] }
  }

  expect_failures = [var.vpc]
}

run "more_security_groups_than_lambda_takes_are_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0123abcd"], security_group_ids = [for number in range(6) : format("sg-%08x", number)] }
  }

  expect_failures = [var.vpc]
}

run "a_security_groups_name_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0123abcd"], security_group_ids = ["default"] }
  }

  expect_failures = [var.vpc]
}
