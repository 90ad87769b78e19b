"""What all services of PAIG share."""
