"""Print a CSV file of so many orders.

python3 make_orders.py 100000 > orders.csv
"""

import sys

print("number,quantity")
for number in range(1, int(sys.argv[1]) + 1):
    print(f"{number},{number % 7 + 1}")
