"""A running job as its workers' metrics show it: scraped, turned into rates and quantiles, drawn."""
