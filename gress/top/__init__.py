"""Live view of a running job: scrape its workers' metrics, compute rates and quantiles, draw them."""
