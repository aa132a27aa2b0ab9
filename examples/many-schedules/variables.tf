variable "customers" {
  description = "IANA time zones of customers, by their names."
  type        = map(string)
  default = {
    adelaide = "Australia/Adelaide"
    bogota   = "America/Bogota"
    cairo    = "Africa/Cairo"
    delhi    = "Asia/Kolkata"
    espoo    = "Europe/Helsinki"
  }
}
