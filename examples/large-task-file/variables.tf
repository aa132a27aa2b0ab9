variable "bucket" {
  description = "Name of a bucket of yours, which the list is put into."
  type        = string
}
