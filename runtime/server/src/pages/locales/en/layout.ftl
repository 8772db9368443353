product = Champollion
skip = Skip to the content
nav-label = Main
nav-catalogue = Catalogue
nav-workbench = Workbench
sign-in = Sign in
sign-out = Sign out
footer = Champollion deciphers what the sensors of a territory say.
footer-clocks = Times are those of { $zone }.
choice-language = Language
choice-theme = Colours
theme-device = As my device
theme-light = Light
theme-dark = Dark
pager-label = Parts of the list
pager-first = Back to the beginning
pager-next = Next
chart-moment = Moment
chart-table = The same numbers as a table
form-fault = This could not be done
form-sure = “{ $act }” takes effect at once. Do you want to go on?
clocks-hint = By the clocks of { $zone }.
copy = Copy
copied = Copied
yes = Yes
no = No
live = Keep up to date
filters = Filters
filters-in-force = { $count ->
    [one] one in force
   *[other] { $count } in force
}
