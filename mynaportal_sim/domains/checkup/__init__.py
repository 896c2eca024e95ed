"""健診: yearly check-ups, their item table and the body they are taken of."""
