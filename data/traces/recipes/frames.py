"""The work of ``pandas.sh``: python frames.py ORDERS.csv REPORT.csv."""

import sys

import pandas as pd

orders = pd.read_csv(sys.argv[1], dtype={"note": "category"})
orders["when"] = pd.to_datetime(orders["time"], unit="s")
orders["value"] = orders["amount"].round(2)

by_customer = orders.groupby("customer", as_index=False).agg(
    orders=("id", "count"), spent=("value", "sum"), first=("when", "min"), last=("when", "max")
)
daily = orders.groupby([orders["when"].dt.floor("D"), "product"], observed=True)["value"].mean()
joined = orders.merge(by_customer, on="customer", how="left")
joined["share"] = joined["value"] / joined["spent"]
ranked = joined.sort_values(["product", "share"], ascending=[True, False])
best = ranked.groupby("product").head(5)
best.to_csv(sys.argv[2], index=False)
print(len(orders), len(by_customer), len(daily), f"{ranked['share'].mean():.6f}")
