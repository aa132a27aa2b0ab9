# Three folders, zipped as they are: the user's tasks, the runtime and its dependencies.
# With the file mode fixed the hashes are the same on every machine.

locals {
  build_leftovers = ["**/__pycache__/**", "**/*.pyc"]
  hidden_files    = ["**/.?*"] # Not .*, which is also the folder itself.
}

data "archive_file" "tasks" {
  type             = "zip"
  source_dir       = var.task_code_dir
  output_path      = "${var.archives}-tasks.zip"
  output_file_mode = "0644"
  excludes         = concat(local.build_leftovers, local.hidden_files)

  lifecycle {
    precondition {
      condition     = local.visible_task_files != null
      error_message = "The task folder ${var.task_code_dir} cannot be read: something in it is a link that leads nowhere, or is not yours to read. `find -L '${var.task_code_dir}' -type l` lists such links."
    }

    precondition {
      condition     = local.visible_task_files == null || length(local.task_files) > 0
      error_message = "The task folder ${var.task_code_dir} has no files in it, or is not there: it has to hold your task functions or task files (hidden ones do not count)."
    }

    precondition {
      condition     = length(local.shadows) == 0
      error_message = join("\n  ", concat(["The task folder ${var.task_code_dir} comes first when Python looks for a module, so these would hide others of the same name; rename them:"], local.shadows))
    }
  }
}

data "archive_file" "runtime" {
  type             = "zip"
  source_dir       = var.runtime_dir
  output_path      = "${var.archives}-runtime.zip"
  output_file_mode = "0644"
  excludes         = concat(local.build_leftovers, local.hidden_files)
}

data "archive_file" "dependencies" {
  type             = "zip"
  source_dir       = var.layer_dir
  output_path      = "${var.archives}-dependencies.zip"
  output_file_mode = "0644"
  excludes         = local.build_leftovers

  lifecycle {
    precondition {
      condition     = length(local.dependency_files) > 0
      error_message = "The dependencies are not in ${var.layer_dir}/python: run `make package-layer` first."
    }
  }
}

resource "aws_lambda_layer_version" "runtime" {
  layer_name               = "${var.prefix}-runtime"
  description              = "The runtime of the task scheduler."
  filename                 = data.archive_file.runtime.output_path
  source_code_hash         = data.archive_file.runtime.output_base64sha256
  compatible_runtimes      = [var.runtime]
  compatible_architectures = [var.architecture]

  # The functions move to the new version before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_layer_version" "dependencies" {
  layer_name               = "${var.prefix}-dependencies"
  description              = "What the runtime and the tasks depend on."
  filename                 = data.archive_file.dependencies.output_path
  source_code_hash         = data.archive_file.dependencies.output_base64sha256
  compatible_runtimes      = [var.runtime]
  compatible_architectures = [var.architecture]

  lifecycle {
    create_before_destroy = true
  }
}
