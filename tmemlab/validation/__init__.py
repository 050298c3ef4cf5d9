"""How true the guest is: what a real kernel did on known sequences beside what the machine does."""
