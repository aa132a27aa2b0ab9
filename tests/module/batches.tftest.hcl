mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "the_smallest_numbers_are_legal" {
  command = plan

  variables {
    batch_size          = 1
    batch_window        = 0
    task_concurrency    = 1
    maximum_concurrency = 2
  }
}

run "the_largest_numbers_are_legal" {
  command = plan

  variables {
    batch_size          = 10
    batch_window        = 300
    task_concurrency    = 10
    maximum_concurrency = 1000
  }
}

run "no_limit_but_the_accounts_is_legal" {
  command = plan

  variables {
    maximum_concurrency = null
  }
}

run "numbers_that_are_too_small_are_refused" {
  command = plan

  variables {
    batch_size          = 0
    batch_window        = -1
    task_concurrency    = 0
    maximum_concurrency = 1
  }

  expect_failures = [var.batch_size, var.batch_window, var.task_concurrency, var.maximum_concurrency]
}

run "numbers_that_are_too_large_are_refused" {
  command = plan

  variables {
    batch_size          = 11
    batch_window        = 301
    task_concurrency    = 11
    maximum_concurrency = 1001
  }

  expect_failures = [var.batch_size, var.batch_window, var.task_concurrency, var.maximum_concurrency]
}

run "parts_of_a_task_are_refused" {
  command = plan

  variables {
    batch_size          = 1.5
    batch_window        = 0.5
    task_concurrency    = 1.5
    maximum_concurrency = 2.5
  }

  expect_failures = [var.batch_size, var.batch_window, var.task_concurrency, var.maximum_concurrency]
}
