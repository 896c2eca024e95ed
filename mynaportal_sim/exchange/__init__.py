"""What agencies asked each other about a person (やりとり履歴), as the law has it recorded.

Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律
(Act No. 27 of 2013), article 23. Bodies exchange under codes of their own for a person
(article 21-2), so no My Number and no such code is ever written here.
"""
