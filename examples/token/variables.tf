variable "url" {
  description = "Address of the API: it answers with a JSON list."
  type        = string
  default     = "https://api.example.com/v1/orders"
}
