# A layer of the user's own. Lambda takes a layer of any architecture, and a wrong one fails only when a
# run imports what is compiled in it. One that does not fit beside the code fails half way in an apply.
#
# The data source is in the check, so that a layer that may not be read, or that its owner has deleted
# since (functions keep what they have), is a warning. A check takes no more than one, hence this module.

check "architecture" {
  data "aws_lambda_layer_version" "this" {
    layer_name = join(":", slice(split(":", var.arn), 0, 7))
    version    = tonumber(split(":", var.arn)[7])
  }

  assert {
    condition = (
      try(length(data.aws_lambda_layer_version.this.compatible_architectures), 0) == 0 ||
      contains(data.aws_lambda_layer_version.this.compatible_architectures, var.architecture)
    )
    error_message = "${var.worker == "default" ? "" : "worker \"${var.worker}\": "}layers has ${var.arn}, which was published for ${join(" and ", data.aws_lambda_layer_version.this.compatible_architectures)}, but architecture is \"${var.architecture}\": whatever is compiled in it cannot be imported. It must be a layer for ${var.architecture}."
  }

  # AWS says how large it is when zipped, which is less than what counts.
  assert {
    condition     = coalesce(data.aws_lambda_layer_version.this.source_code_size, 0) <= var.room
    error_message = "${var.worker == "default" ? "" : "worker \"${var.worker}\": "}layers has ${var.arn} of ${ceil(coalesce(data.aws_lambda_layer_version.this.source_code_size, 0) / 1024 / 1024)} MB even when zipped, but code and the other layers leave ${floor(var.room / 1024 / 1024)} MB of the 250 that Lambda takes unzipped: it will refuse the function. Leave out packages and files that no task needs."
  }
}
