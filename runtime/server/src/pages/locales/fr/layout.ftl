product = Champollion
skip = Aller au contenu
nav-label = Principale
nav-catalogue = Catalogue
nav-workbench = Atelier
sign-in = Se connecter
sign-out = Se déconnecter
footer = Champollion déchiffre ce que disent les capteurs d’un territoire.
footer-clocks = Les heures sont celles de { $zone }.
choice-language = Langue
choice-theme = Couleurs
theme-device = Comme mon appareil
theme-light = Clair
theme-dark = Sombre
pager-label = Parties de la liste
pager-first = Revenir au début
pager-next = Suite
chart-moment = Date
chart-table = Les mêmes chiffres en tableau
form-fault = Cela n’a pas pu être fait
form-sure = « { $act } » prend effet aussitôt. Voulez-vous continuer ?
clocks-hint = À l’heure de { $zone }.
copy = Copier
copied = Copié
yes = Oui
no = Non
live = Actualiser en continu
filters = Filtres
filters-in-force = { $count ->
    [one] un actif
   *[other] { $count } actifs
}
