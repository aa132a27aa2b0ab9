# Three folders, zipped: the user's tasks as they are, and python/ of the runtime and of its dependencies.
#
# With the file mode fixed the hashes are the same on every machine. It is that of executable files,
# since HCL cannot see which are. An archive's name holds a hash of its content, so that a saved plan
# deploys what was planned, or nothing.

locals {
  file_mode       = "0755"
  build_leftovers = ["**/__pycache__/**", "**/*.pyc"]
  hidden_files    = ["**/.?*"] # Not .*, which is also the folder itself.

  # What stands beside python/, such as the builder, is not packed: globs cannot say "not python", so
  # these are the names that part from it at one of its letters, end before it, or go on after it.
  beside_python = concat(
    [for at in range(6) : "${substr("python", 0, at)}[!${substr("python", at, 1)}]*"],
    [for length in range(1, 6) : substr("python", 0, length)],
    ["python?*"],
  )

  digests = { for package, files in local.packaged_files :
    package => substr(sha256(jsonencode(files)), 0, 16)
  }

  # Whether a layer of dependencies is made here: not where all of them come in the user's own layers.
  has_dependencies = var.layer_dir != null || var.layer_zip != null

  packages = merge(
    {
      tasks = {
        path   = data.archive_file.tasks.output_path
        sha256 = data.archive_file.tasks.output_base64sha256
        bytes  = data.archive_file.tasks.output_size
      }
      runtime = {
        path   = data.archive_file.runtime.output_path
        sha256 = data.archive_file.runtime.output_base64sha256
        bytes  = data.archive_file.runtime.output_size
      }
    },
    { for archive in data.archive_file.dependencies : "dependencies" => {
      path   = archive.output_path
      sha256 = archive.output_base64sha256
      bytes  = archive.output_size
    } },
    { for path in var.layer_zip[*] : "dependencies" => {
      path   = path
      sha256 = try(filebase64sha256(path), null)
      bytes  = try(length(filebase64(path)) * 3 / 4, 0)
    } },
  )

  # What Lambda takes in a request; more must be in S3.
  max_upload_bytes = 50 * 1024 * 1024

  oversized = var.package_bucket != null ? [] : [for name, package in local.packages :
    "${name}: ${ceil(package.bytes / 1024 / 1024)} MB (${package.path})" if package.bytes > local.max_upload_bytes
  ]
}

locals {
  # "Deployment package size, unzipped" in Lambda's quotas: code and layers together. How large the user's
  # own layers are when unzipped, AWS does not say.
  max_unzipped_bytes = 250 * 1024 * 1024

  # What the builder of the layer wrote down; without that the zip file's size, which is less.
  dependency_bytes = try(tonumber(coalesce(local.manifest.bytes)), local.packages.dependencies.bytes, 0)

  unzipped_bytes = {
    tasks        = sum(concat([0], [for file in local.task_files : try(length(filebase64("${var.task_code_dir}/${file}")) * 3 / 4, 0)]))
    runtime      = sum([for file in keys(local.packaged_files.runtime) : length(filebase64("${var.runtime_dir}/python/${file}")) * 3 / 4])
    dependencies = local.dependency_bytes
  }
  excess_bytes = sum(values(local.unzipped_bytes)) - local.max_unzipped_bytes
}

data "archive_file" "tasks" {
  type             = "zip"
  source_dir       = var.task_code_dir
  output_path      = "${var.archives}-tasks-${local.digests.tasks}.zip"
  output_file_mode = local.file_mode
  excludes         = concat(local.build_leftovers, local.hidden_files)

  lifecycle {
    precondition {
      condition     = local.visible_task_files != null
      error_message = "The task folder ${var.task_code_dir} cannot be read: something in it is a link that leads nowhere, or is not yours to read. `find -L '${var.task_code_dir}' -type l` lists such links."
    }

    precondition {
      condition     = local.visible_task_files == null || length(local.task_files) > 0
      error_message = "The task folder ${var.task_code_dir} has no files in it, or is not there: it must hold your task functions or task files (hidden ones do not count)."
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
  output_path      = "${var.archives}-runtime-${local.digests.runtime}.zip"
  output_file_mode = local.file_mode
  excludes         = concat(local.build_leftovers, local.hidden_files, local.beside_python)
}

data "archive_file" "dependencies" {
  count = var.layer_dir == null ? 0 : 1

  type             = "zip"
  source_dir       = var.layer_dir
  output_path      = "${var.archives}-dependencies-${local.digests.dependencies}.zip"
  output_file_mode = local.file_mode
  excludes         = concat(local.build_leftovers, local.beside_python)

  lifecycle {
    precondition {
      condition     = length(local.dependency_files) > 0
      error_message = "The dependencies are not in ${var.layer_dir}/python: run `make package-layer` first."
    }
  }
}

resource "aws_s3_object" "packages" {
  # checkov:skip=CKV_AWS_186: the bucket is the user's, and so is the key that it encrypts with
  for_each = { for name, package in local.packages : name => package if var.package_bucket != null }

  bucket = var.package_bucket
  key    = "${var.prefix}/${each.key}-${local.digests[each.key]}.zip"
  source = each.value.path

  # What Lambda is to take is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_layer_version" "runtime" {
  layer_name               = "${var.prefix}-runtime"
  description              = "The runtime of the task scheduler."
  filename                 = var.package_bucket == null ? local.packages.runtime.path : null
  s3_bucket                = var.package_bucket
  s3_key                   = try(aws_s3_object.packages["runtime"].key, null)
  source_code_hash         = local.packages.runtime.sha256
  compatible_runtimes      = [var.runtime]
  compatible_architectures = [var.architecture]

  # The functions move to the new version before the old one goes.
  lifecycle {
    create_before_destroy = true

    # Every function needs this layer, so none is planned before all workers are found to be right.
    precondition {
      condition     = length(local.worker_problems) == 0
      error_message = join("\n  ", concat(["Workers that cannot work:"], local.worker_problems))
    }

    # Of all packages, since everything that takes one needs this layer.
    precondition {
      condition = local.excess_bytes <= 0
      error_message = join("\n  ", concat(
        ["Code and layers of the functions have ${ceil(local.excess_bytes / 1024 / 1024)} MB too many: Lambda takes 250 MB, unzipped. Put lists into S3 (tasks_s3_uri), and leave out packages and files that no task needs:"],
        [for name, bytes in local.unzipped_bytes : "${name}: ${ceil(bytes / 1024 / 1024)} MB (${local.packages[name].path})" if bytes > 0],
      ))
    }

    precondition {
      condition     = length(local.oversized) == 0
      error_message = join("\n  ", concat(["Packages of more than 50 MB, which Lambda takes only from S3. Name a bucket of this region for them to go through, such as package_bucket = \"my-packages\":"], local.oversized))
    }
  }
}

resource "aws_lambda_layer_version" "dependencies" {
  count = local.has_dependencies ? 1 : 0

  layer_name               = "${var.prefix}-dependencies"
  description              = "What the runtime and the tasks depend on."
  filename                 = var.package_bucket == null ? local.packages.dependencies.path : null
  s3_bucket                = var.package_bucket
  s3_key                   = try(aws_s3_object.packages["dependencies"].key, null)
  source_code_hash         = local.packages.dependencies.sha256
  compatible_runtimes      = [var.runtime]
  compatible_architectures = [var.architecture]

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = try(fileexists(var.layer_zip), true)
      error_message = "layer_zip is \"${coalesce(var.layer_zip, " ")}\", which is not there: it must be the path of a zip file of the dependencies."
    }

    precondition {
      condition     = length(local.layer_problems) == 0
      error_message = join("\n  ", concat(["The layer ${local.layer} does not fit the functions:"], local.layer_problems, [local.build_the_layer]))
    }
  }
}

moved {
  from = aws_lambda_layer_version.dependencies
  to   = aws_lambda_layer_version.dependencies[0]
}
