sentence-broker-insecure = Il n’y a pas de connexion sûre avec le courtier : { $error }.
sentence-broker-lost = La connexion avec le courtier a été perdue : { $error }.
sentence-broker-not-connected-yet = La connexion avec le courtier n’est pas encore établie.
sentence-broker-other = La connexion avec le courtier ne peut pas être établie : { $why }.
sentence-broker-refuses-client-id = Le courtier n’accepte pas notre identifiant de client.
sentence-broker-refuses-topic = Le courtier ne nous laisse pas nous abonner au sujet « { $topic } ».
sentence-broker-refuses-user = Le courtier n’accepte pas le nom d’utilisateur et le mot de passe.
sentence-broker-silent = Le courtier n’a pas répondu en { $seconds } s.
sentence-broker-unreachable = Le courtier ne peut pas être joint : { $error }.
sentence-cell-made-a-number = { $shown } n’est pas un { $what } : un tableur en a-t-il fait un nombre ? Mettez la colonne au format texte, et écrivez à nouveau les { $expected } chiffres.
sentence-cell-lost-zeros = { $shown } a { $got } chiffres, et un { $what } en a { $expected } : un tableur a-t-il retiré les zéros de tête ? C’est alors { $restored } : écrivez-le en texte, ou cochez la case qui rend les zéros.
sentence-cell-length = « { $shown } » a { $got } chiffres, et un { $what } en a { $expected }, hexadécimaux.
sentence-cell-digit = « { $shown } » n’est pas un { $what } : « { $character } » n’est pas un chiffre hexadécimal.
sentence-cell-key-made-a-number = Un tableur a fait un nombre de la clé { $what } et en a perdu des chiffres : mettez la colonne au format texte, et écrivez à nouveau les { $expected } chiffres.
sentence-cell-key-length = La clé { $what } a { $got } chiffres, et devrait en avoir { $expected }, hexadécimaux.
sentence-cell-key-digit = La clé { $what } a un caractère qui n’est pas un chiffre hexadécimal, à la place { $position }.
sentence-cell-rounded-number = { $shown } est un nombre qu’un tableur a arrondi : mettez la colonne au format texte, et écrivez-le à nouveau.
sentence-cell-made-a-date = La cellule contient la date { $shown } : un tableur en a-t-il fait une date ? Mettez la colonne au format texte, et écrivez à nouveau.
sentence-cell-formula = La cellule contient une formule : copiez la colonne et n’en collez que les valeurs.
sentence-cell-spreadsheet-error = La cellule contient l’erreur { $shown } du tableur.
sentence-cell-truth = La cellule dit { $shown }, ce qui ne veut rien dire ici.
sentence-cell-missing = La cellule est vide, et elle est obligatoire.
sentence-cell-same-device = Les lignes { $rows } ont le même DevEUI : n’en laissez qu’une.
sentence-cell-sexagesimal = « { $shown } » est en degrés, minutes et secondes : ce sont des degrés avec décimales qui sont attendus, comme 48,8566.
sentence-cell-misplaced-key = La cellule contient un long texte qui est peut-être une clé, et n’est pas montrée ici : les colonnes sont-elles décalées ?
sentence-cell-key-in-text = La cellule contient ce qui est peut-être une clé, et n’est pas montrée ici : les clés ont leurs propres colonnes, comme AppKey. Retirez la clé du texte.
sentence-cell-word = « { $shown } » n’est pas un mot de ce champ, qui est l’un de : { $words }.
sentence-cell-text-empty = Le texte est vide : laissez-le de côté.
sentence-cell-text-too-long = Le texte a { $characters } caractères, et { $limit } sont la limite.
sentence-cell-text-control-character = Le texte a un saut de ligne ou un autre caractère de commande : écrivez-le sur une ligne.
sentence-cell-degrees-beyond = { $degrees } n’est pas possible : la valeur va de -{ $limit } à { $limit } degrés. La virgule manque-t-elle ?
sentence-cell-degrees-no-number = « { $shown } » n’est pas un nombre : des degrés avec décimales sont attendus, comme 48,8566.
sentence-change-command-added = La commande { $name } a été ajoutée.
sentence-change-command-removed = La commande { $name } a été retirée.
sentence-change-field-added = Le champ { $field } a été ajouté.
sentence-change-field-differs = { $property ->
    [quantity] La grandeur du champ { $field } est { $new }, et était { $old }.
    [unit] L’unité du champ { $field } est { $new }, et était { $old }.
    [unit-in-data] L’unité du champ { $field } dans « data » est { $new }, et était { $old }.
    [scale] Le facteur du champ { $field } est { $new }, et était { $old }.
    [offset] Le décalage du champ { $field } est { $new }, et était { $old }.
   *[channel] La voie du champ { $field } est { $new }, et était { $old }.
}
sentence-change-field-gains = { $property ->
    [quantity] Le champ { $field } a désormais une grandeur.
    [unit] Le champ { $field } a désormais une unité.
    [unit-in-data] Le champ { $field } a désormais une unité dans « data ».
   *[channel] Le champ { $field } a désormais une voie.
}
sentence-change-field-removed = Le champ { $field } a été retiré.
sentence-change-field-renamed = Le champ { $field } a été renommé en { $to }.
sentence-change-field-told-with = Le champ { $field } est désormais dit avec { $with }.
sentence-change-field-type = Le champ { $field } est de type { $new }, et était de type { $old }.
sentence-change-field-words = Le champ { $field } a d’autres mots pour vrai et faux.
sentence-change-input-added = Le décodeur a désormais besoin de { $name }.
sentence-change-other-kind = Le décodeur lit désormais des charges utiles au lieu de lectures, ou l’inverse.
sentence-change-value-removed = La valeur { $name } a été retirée.
sentence-change-variable-added = Le réglage { $name } a été ajouté.
sentence-change-variable-required = Le réglage { $name } est désormais obligatoire.
sentence-command-busy = Le serveur réseau { $server } ne prend pas de commande pour l’instant.
sentence-command-device-gone = L’objet n’est plus enregistré dans le groupe.
sentence-command-failed = Le serveur réseau { $server } dit que la commande a échoué.
sentence-command-never-told = Le délai est passé, et le serveur réseau { $server } n’a pas dit si la commande a été envoyée.
sentence-command-not-offered-again = L’objet a été entendu, et rien n’a été dit de la commande, qui n’est pas proposée à nouveau.
sentence-command-not-taken = Le serveur réseau { $server } n’a pas pris la commande, qui lui est proposée à nouveau.
sentence-command-refused = Le serveur réseau { $server } refuse la commande.
sentence-command-schedule-changed = Le programme a été modifié entre-temps.
sentence-command-time-over = Le délai est passé avant que toutes les commandes aient pu être prises.
sentence-command-unanswered = Le serveur réseau { $server } n’a pas répondu, et a peut-être la commande.
sentence-command-unheard = La commande ne peut pas être proposée avant que l’objet soit entendu.
sentence-command-unreachable = Le serveur réseau { $server }, ou son courtier, est injoignable.
sentence-command-untold = Le courtier du serveur réseau { $server } a la commande, et le serveur n’en a encore rien dit.
sentence-command-waits-for-device = que l’objet l’acquitte.
sentence-command-waits-for-word = que le serveur réseau { $server } en dise quelque chose, ou que l’objet soit entendu.
sentence-command-waits-to-be-sent = son tour, d’entendre l’objet, ou l’accord du serveur réseau { $server } ; en détail :
sentence-declaration-period-backwards = La période finit le { $until }, avant de commencer le { $from }.
sentence-declaration-no-coverage = Choisissez au moins une couverture : extérieur, intérieur ou intérieur profond.
sentence-declaration-stages = { $count } étapes sont déclarées : il en faut de 1 à { $most }.
sentence-declaration-stage-order = L’étape { $number } commence le { $from }, qui ne vient pas après l’étape précédente.
sentence-declaration-stage-outside = L’étape { $number } commence le { $from }, hors de la période.
sentence-declaration-number = Le plus grand nombre d’objets est { $count } : il va de 1 à { $most }.
sentence-declaration-rate-missing = { $direction ->
    [up] La fréquence des messages montants manque, alors que le sens dit qu’il y en a.
   *[down] La fréquence des messages descendants manque, alors que le sens dit qu’il y en a.
}
sentence-declaration-rate-too-many = { $direction ->
    [up] Une fréquence de messages montants est donnée, alors que le sens dit qu’il n’y en a pas.
   *[down] Une fréquence de messages descendants est donnée, alors que le sens dit qu’il n’y en a pas.
}
sentence-declaration-rate = { $count } messages : il en faut de 1 à { $most }.
sentence-device-no-version = Aucune version publiée ne convient au décodeur de l’objet : ses trames sont gardées sans être décodées. Publiez-en une, ou changez le décodeur de l’objet.
sentence-difference = { $path } vaut { $actual } au lieu de { $expected }
sentence-difference-missing = { $path } manque, et { $expected } est attendu
sentence-difference-other-name = { $path } manque, et { $name } vaut { $value } : l’un des deux noms est peut-être mal écrit
sentence-difference-other-order = { $path } a les mêmes éléments, dans un autre ordre
sentence-difference-other-type = { $path } vaut { $actual } au lieu de { $expected } : la même valeur, d’un autre type
sentence-difference-unexpected = { $path } vaut { $actual }, et n’est pas attendu
sentence-finding-incompatible = { $change } Il faut donc une nouvelle version { $needed ->
    [major] majeure
   *[minor] mineure
} : { $previous } est publiée, et celle-ci est { $version }.
sentence-finding-misbehaves = Sur { $tried } charges utiles tirées au hasard, le décodeur fait { $count } fois ce qu’aucun ne doit faire, d’abord sur le port { $port } ({ $payload }) : { $fault ->
    [out-of-fuel] le décodeur use tout son calcul, soit { $limit } unités.
    [out-of-memory] le décodeur demande plus de { $limit } octets de mémoire.
    [table-too-large] le décodeur demande une table de plus de { $limit } éléments.
    [stack-exhausted] les appels du décodeur débordent sa pile de { $limit } octets.
    [trapped] le décodeur s’arrête net ({ $reason }).
    [invalid-output] le décodeur rend ce qu’il ne doit pas ({ $reason }).
   *[other] { $reason }.
}
sentence-finding-other-name = Le paquet est { $actual }, et il a été envoyé à { $expected }.
sentence-finding-undeclared-field = Le vecteur « { $vector } » contient { $path } ({ $found }), et le manifeste ne déclare pas ce champ.
sentence-finding-other-type = Le vecteur « { $vector } » contient { $path } de type { $found }, et le manifeste déclare { $declared }.
sentence-finding-undeclared-quantity = Le vecteur « { $vector } » mesure { $quantity }, et aucun champ du manifeste n’a cette grandeur.
sentence-finding-vector-differs = Le vecteur « { $vector } » n’est pas lu comme il l’attend : { $differences }{ $more ->
    [0] .
    [1]  ; et un autre endroit diffère.
   *[other]  ; et { $more } autres endroits diffèrent.
}
sentence-finding-vector-failed = Le vecteur « { $vector } » attend { $expected ->
    [reading] une lecture
    [downlink] un message descendant
   *[other] un échec ({ $expected })
}, et le décodeur échoue : { $reason }.
sentence-finding-vector-not-failed = Le vecteur « { $vector } » attend l’échec { $expected }, et le décodeur rend { $actual }.
sentence-flaw-another = { $id } { $version } n’est pas gardé tel qu’il a été publié.
sentence-flaw-chain = { $chain ->
    [index] La ligne { $place } de l’index ne continue pas la chaîne : { $reason }.
   *[audit] La ligne { $place } du journal d’audit ne continue pas la chaîne : { $reason }.
}
sentence-flaw-channels = Les canaux de { $id } ne sont pas ceux que dit l’index.
sentence-flaw-gap = L’archive { $file } commence à la ligne { $first } du journal d’audit, et devrait commencer à la ligne { $expected }.
sentence-flaw-keys = Les clés des éditeurs ne sont pas celles que dit l’index.
sentence-flaw-line = L’index du registre est abîmé à { $key } : { $reason }.
sentence-flaw-missing = { $missing ->
    [one] Une version de l’index n’est plus gardée.
   *[other] { $missing } versions de l’index ne sont plus gardées.
}
sentence-flaw-other-key = Le point de contrôle de l’archive { $file } est signé par { $key }, qui n’a jamais été la clé du registre.
sentence-flaw-other-manifest = { $id } { $version } est gardé avec un autre manifeste que celui de son paquet.
sentence-flaw-other-name = { $key } est gardé avec le manifeste de { $id } { $version }.
sentence-flaw-package = { $fault ->
    [missing] Le paquet { $digest } de { $id } { $version } manque.
   *[damaged] Le paquet { $digest } de { $id } { $version } est abîmé.
}
sentence-flaw-unpublished = { $id } { $version } est gardé, et l’index n’en a aucune ligne.
sentence-flaw-wrong-signature = La signature du point de contrôle de l’archive { $file } est fausse.
sentence-frame-counter-reset = Le compteur de trames est reparti du début, ce qui est permis à cet objet : il a redémarré, ou une ancienne trame a été rejouée.
sentence-frame-half-of-mic-checked = La trame acquitte un message descendant dont le compteur n’a pas été dit : seule la moitié du MIC qui n’en dépend pas a été vérifiée.
sentence-frame-payload-encryption-untold = Le message ne dit pas si sa charge utile est chiffrée : dites-le par « payload », à l’objet ou à son serveur réseau.
sentence-frame-undeclared-port = { $decoder } { $version } ne déclare pas le port { $port } : vérifiez que c’est bien le décodeur de l’objet, et si une version plus récente déclare ce port.
sentence-frame-unreadable-member = Le message du serveur réseau a une valeur illisible, laissée de côté : { $member }.
sentence-found-clock-ahead = Des messages sont datés { $seconds } s dans l’avenir.
sentence-found-clock-behind = Des messages ont déjà { $seconds } s quand ils arrivent.
sentence-found-connections-end = Les connexions au courtier finissent sans cesse.
sentence-found-events-with-qos-0 = { $messages ->
    [one] Un message est venu en QoS 0 : le courtier n’en garde aucun pendant que nous sommes absents.
   *[other] { $messages } messages sont venus en QoS 0 : le courtier n’en garde aucun pendant que nous sommes absents.
}
sentence-found-frames-missing = { $frames } trames manquent du temps où nous étions absents, pour { $taken } qui sont venues : ce sont des trous du compteur FCnt, dont la radio fait une partie.
sentence-found-no-device-heard = Des messages sont venus depuis le démarrage, et aucune trame d’un objet n’a été prise.
sentence-found-no-message = Aucun message n’est venu depuis le démarrage.
sentence-found-no-token = Aucun jeton n’est lié à ce serveur réseau, qui ne peut donc rien remettre sous son nom.
sentence-found-parked-messages = { $count ->
    [one] Un message illisible est mis de côté ; dans les mots du serveur :
   *[other] { $count } messages illisibles sont mis de côté ; dans les mots du serveur :
}
sentence-found-refused = { $times ->
    [one] Un message a été refusé avec le code { $code } ; dans les mots du serveur :
   *[other] { $times } messages ont été refusés avec le code { $code } ; dans les mots du serveur :
}
sentence-found-session-lost = Le courtier n’avait pas gardé notre session à notre retour, { $times } fois depuis le démarrage, la dernière le { $at } : ce qui est venu entre-temps est perdu.
sentence-found-subscription-with-qos-0 = Le courtier n’accorde que la QoS 0 pour { $topics }.
sentence-found-tokens-over = { $count ->
    [one] Son jeton a expiré, ou n’a pas la portée « frames ».
   *[other] Ses { $count } jetons ont expiré, ou n’ont pas la portée « frames ».
}
sentence-found-topic-without-messages = Aucun message n’est venu sous le sujet « { $topic } » depuis le démarrage.
sentence-handover-answered = Le destinataire a répondu { $status } et n’a rien pris.
sentence-handover-timed-out = Le destinataire n’a pas répondu à temps.
sentence-handover-not-resolved = Le nom du destinataire n’a pas d’adresse : vérifiez-le.
sentence-handover-place-not-allowed = Le destinataire est là où les réglages n’en permettent pas : adressez-vous à l’exploitant.
sentence-handover-unreachable = Le destinataire est injoignable.
sentence-handover-not-secure = La connexion n’est pas sûre : le certificat, ou la clé de l’hôte, n’est pas accepté.
sentence-handover-connection-lost = La connexion au destinataire s’est interrompue.
sentence-handover-not-let-in = Le destinataire refuse l’utilisateur : vérifiez le nom, le mot de passe ou la clé.
sentence-handover-no-right = L’utilisateur n’a pas le droit d’écrire chez le destinataire.
sentence-handover-missing = Le dossier, le compartiment ou la base n’existe pas chez le destinataire, et n’y est pas créé d’ici.
sentence-handover-full = Le destinataire n’a plus de place.
sentence-handover-not-renamed = Le fichier est écrit, et ne peut pas recevoir son nom.
sentence-handover-read-only = La base n’accepte pas d’écriture, comme un serveur de secours : donnez l’adresse du serveur principal.
sentence-handover-schema-newer = Les tables de la base sont d’une version plus récente que celle de ce serveur.
sentence-handover-refused = Le destinataire refuse, pour une raison à lui.
sentence-handover-unusable = Le relevé, ou la requête qui en est faite, est inutilisable.
sentence-note-become-tags = Des colonnes qui ne sont pas des champs deviennent des étiquettes : { $names }.
sentence-note-completed = { $what } complété en { $digits }.
sentence-note-made-plain = { $field } : « { $shown } » s’écrit { $plain } ici.
sentence-note-no-heading = La colonne { $column } n’a pas d’en-tête et n’est pas lue.
sentence-notice-end-before-begin = La fin, { $end }, ne vient pas après le début, { $begin } : écrivez une fin plus tardive.
sentence-notice-planned-without-end = Des travaux prévus ont une fin : écrivez quand ils sont finis au plus tard.
sentence-notice-planned-without-begin = Des travaux prévus ont un début : écrivez quand ils commencent.
sentence-notice-planned-in-the-past = Des travaux prévus sont annoncés avant leur début, et { $begin } est passé : écrivez un début à venir, ou faites-en un incident.
sentence-notice-incident-to-come = Un incident a déjà commencé, et { $begin } est à venir : laissez le début de côté, ou faites-en des travaux prévus.
sentence-notice-too-long = L’avis va de { $begin } à { $end }, et { $days } jours sont la limite : écrivez une fin plus proche.
sentence-notice-unknown-group = Il n’y a pas de groupe { $group }.
sentence-notice-gateway = « { $name } » n’est pas le nom d’une passerelle : il a de 1 à 64 octets, comme l’écrit le serveur réseau.
sentence-notice-too-many-names = { $count } noms sont donnés, et { $limit } sont la limite : laissez ce champ vide pour tous.
sentence-notice-nothing-to-leave-out = L’avis ne nomme que des passerelles, et on ne connaît pas d’objet qui soit à elles : ne laissez rien de côté dans les chiffres, ou nommez les groupes ou les cas d’usage.
sentence-notice-too-large = L’avis et ses suites font { $bytes } octets, et { $limit } sont la limite : faites un autre avis.
sentence-notice-no-change = La modification ne dit rien : donnez un titre, un texte, un début ou une fin.
sentence-oddity-few-random-payloads = Seules { $tried } charges utiles tirées au hasard ont été essayées, car elles ont consommé { $fuel } unités de calcul.
sentence-oddity-none-read = Aucune des { $tried } charges utiles tirées au hasard n’a été lue : elles ne montrent rien du code qui lit des valeurs, et il faut donc plus de vecteurs qui le fassent.
sentence-oddity-reads-on = Le décodeur continue à lire là où une charge utile finit trop tôt ({ $misread } sur { $tried } charges utiles coupées) : du vecteur « { $vector } », coupé après { $kept } octets sur { $bytes }, il lit { $path } comme { $made } au lieu de { $whole }. Vérifiez la longueur, et échouez avec « too-short ».
sentence-oddity-unseen = Aucun vecteur ne contient ces champs déclarés : { $fields }.
sentence-oddity-unseen-and-more = Aucun vecteur ne contient ces champs déclarés : { $fields } et { $more } autres.
sentence-oddity-unseen-nearly = Aucun vecteur ne contient ces champs déclarés : { $fields }. Les vecteurs contiennent { $nearly } : est-ce le même champ ?
sentence-oddity-unseen-nearly-and-more = Aucun vecteur ne contient ces champs déclarés : { $fields } et { $more } autres. Les vecteurs contiennent { $nearly } : est-ce le même champ ?
sentence-quota-used-up = Le groupe { $group } en a { $used } sur { $limit }, et dépasserait son quota : l’exploitant peut le relever.
sentence-redecode-abandoned = Personne n’attendait plus la réponse.
sentence-redecode-audit = Le journal d’audit n’a pas pris la ligne sans laquelle rien n’est changé.
sentence-redecode-not-derived = Les valeurs dérivées n’ont pas pu être calculées.
sentence-redecode-not-done = Les décodeurs ne répondent pas : essayez à nouveau plus tard.
sentence-redecode-store = Les relevés n’ont pas pu être lus, ou pas gardés.
sentence-route-fails = La route a échoué { $failures } fois de suite, et essaie à nouveau.
sentence-route-paused = La route est en pause.
sentence-route-records-refused = Des relevés sont refusés, et la route les essaie à nouveau.
sentence-route-stopped = Le destinataire ne veut plus rien depuis { $at } : reprenez la route quand il le veut à nouveau.
sentence-route-waits = La route a échoué { $failures } fois de suite, et attend jusqu’à { $until }.
sentence-row-no-group = Un objet a un groupe : nommez-le dans la colonne, ou choisissez-en un pour toutes les lignes.
sentence-row-other-group = Vous n’avez pas le droit d’enregistrer des objets dans ce groupe.
sentence-row-elsewhere = { $device } ne peut pas être enregistré dans vos groupes : adressez-vous à l’exploitant.
sentence-row-unknown-network-server = Les réglages n’ont pas de serveur réseau { $name }.
sentence-row-two-activations = La ligne a des clés racines et des clés de session : dites dans la colonne « activation » lesquelles comptent, OTAA ou ABP.
sentence-row-no-keys = La cellule est vide, et un objet qui se joint a une AppKey ; si le serveur réseau a ses clés, dites « network server » dans la colonne « activation ».
sentence-row-no-app-key = La cellule est vide, et un objet qui se joint a une AppKey.
sentence-row-no-dev-addr = La cellule est vide, et un objet qui ne se joint pas a une DevAddr.
sentence-row-no-app-s-key = La cellule est vide, et un objet qui ne se joint pas a une AppSKey.
sentence-row-mandatory = { $field } est obligatoire, et manque.
sentence-rule-unknown-quantity = « { $quantity } » n’est pas une grandeur.
sentence-rule-unknown-quantity-near = « { $quantity } » n’est pas une grandeur : pensiez-vous à { $nearest } ?
sentence-rule-undeclared-quantity = Aucun décodeur des objets visés ne déclare { $quantity } ; le catalogue dit ce que chacun déclare.
sentence-rule-undeclared-quantity-near = Aucun décodeur des objets visés ne déclare { $quantity } : pensiez-vous à { $nearest } ? Le catalogue dit ce que chacun déclare.
sentence-rule-unit = { $quantity } ne se mesure pas en { $unit } : écrivez { $right }.
sentence-rule-unit-none = { $quantity } n’a pas d’unité : laissez ce champ vide.
sentence-rule-not-numeric = { $quantity } n’a pas de nombres à comparer à une limite : choisissez « Une certaine valeur » ou « Une autre valeur qu’avant ».
sentence-rule-no-alarm = { $quantity } n’est pas une alarme : nommez-en une qui commence par « alarm. ».
sentence-rule-value-type = { $quantity } a des valeurs d’un autre type.
sentence-rule-crossed = { $side ->
    [below] Le retour { $back } est au-delà de la limite { $limit } : écrivez une valeur au-dessous, ou laissez le champ vide.
   *[above] Le retour { $back } est au-delà de la limite { $limit } : écrivez une valeur au-dessus, ou laissez le champ vide.
}
sentence-rule-empty-range = La valeur la plus basse, { $low }, doit être au-dessous de la plus haute, { $high }.
sentence-rule-not-finite = Un nombre fini est attendu ici.
sentence-rule-out-of-bounds = La valeur va de { $least } à { $most }.
sentence-rule-never-holds = Aucune valeur de { $quantity } n’enfreint jamais cette règle : elle va de { $least } à { $most }.
sentence-rule-not-whole = { $quantity } a des nombres entiers, et { $value } n’en est pas un : écrivez { $instead }.
sentence-rule-scope-of-route = Une route est de tout le groupe : ne choisissez pas d’objets.
sentence-rule-too-many-addresses = { $count } adresses sont données, et { $limit } sont la limite : prenez une liste de votre serveur de courrier.
sentence-rule-command-of-route = Aucun objet n’enfreint une règle sur les routes : nommez celui qui est commandé.
sentence-rule-command-expiry = La commande attendrait { $seconds } s : il en faut de 60 à { $most }.
sentence-rule-command-too-large = La commande a { $bytes } octets, et { $limit } sont la limite : raccourcissez-la.
sentence-schedule-not-one-rule = Dites une seule règle : selon le soleil, selon l’heure ou une fois. Il y en a { $count }.
sentence-schedule-without-sun = { $member } va avec le soleil : laissez-le de côté, ou choisissez le lever ou le coucher.
sentence-schedule-cron = L’expression « { $cron } » ne peut pas être lue. Elle s’écrit comme 0 22 * * 1-5 : minute, heure, jour, mois, jour de la semaine.
sentence-schedule-cron-part = { $part ->
    [minute] La minute
    [hour] L’heure
    [day] Le jour
    [month] Le mois
   *[weekday] Le jour de la semaine
} est « { $said } » : il faut { $part ->
    [minute] de 0 à 59
    [hour] de 0 à 23
    [day] de 1 à 31
    [month] de 1 à 12, ou de JAN à DEC
   *[weekday] de 0 à 7, où 0 et 7 sont le dimanche, ou de SUN à SAT
}, ou * pour tous.
sentence-schedule-too-often = Les moments sont à { $seconds } s l’un de l’autre, et { $least } s sont le moins : écrivez { $instead }, ou moins souvent.
sentence-schedule-zone = Il n’y a pas de fuseau horaire « { $zone } » : c’est un nom de la base tz, comme Europe/Paris.
sentence-schedule-no-place = On ne sait pas de quel soleil il s’agit : donnez une latitude et une longitude, ici ou à l’objet ; un groupe a besoin d’un lieu.
sentence-schedule-offset = Le décalage est de { $minutes } minutes : il va de -{ $most } à { $most }, une demi-journée.
sentence-schedule-too-many-exceptions = { $count } jours sont exclus, et { $most } sont le plus : retirez ceux qui sont passés.
sentence-schedule-past = { $at } est passé : dites un moment à venir.
sentence-schedule-no-such-day = Aucun moment de « { $cron } » ne vient, car un tel jour n’existe pas : dites un jour que le mois a, comme 0 0 28 2 *.
sentence-schedule-all-left-out = Tous les moments tombent sur des jours exclus : retirez quelques-uns de ces jours.
sentence-schedule-no-sun = Le soleil ne s’y lève ni ne s’y couche aucun des jours à venir : dites un autre lieu, ou une heure à la place du soleil.
sentence-schedule-name = Le nom a de 1 à { $most } caractères, dont aucun n’est un caractère de commande.
sentence-schedule-nobody = Personne n’est commandé : donnez un objet ou un groupe.
sentence-schedule-tags-of-device = Les étiquettes restreignent un groupe : retirez-les, ou donnez le groupe sans objet.
sentence-schedule-other-group = L’objet { $device } est d’un autre groupe : retirez le groupe.
sentence-schedule-expiry = La commande attendrait { $seconds } s : il en faut de 60 à { $most }, un jour.
sentence-server-clock = Mettez à l’heure, par NTP, cette machine, le serveur réseau et les passerelles ; si elles le sont, des messages attendent quelque part en chemin.
sentence-server-connections-end = Qu’aucun autre programme n’emploie notre identifiant de client : le courtier met fin à la connexion la plus ancienne. Si la connexion finit à chaque commande, permettez à l’utilisateur d’écrire les sujets des commandes.
sentence-server-credentials-refused = Vérifiez le nom et le fichier du mot de passe dans les réglages, et la liste des utilisateurs du courtier.
sentence-server-events-with-qos-0 = Réglez le serveur réseau pour qu’il publie en QoS 1 ou 2.
sentence-server-frames-missing = Que le courtier garde tous les messages ; sans courtier, si le serveur réseau n’envoie pas à nouveau ce que personne n’a pris, passez par son courtier.
sentence-server-no-device-heard = Vérifiez que le serveur réseau envoie, et où ; si des messages viennent déjà, enregistrez ses objets.
sentence-server-no-token = Créez un jeton pour ce serveur réseau, ou nommez son courtier dans les réglages.
sentence-server-not-connected = Vérifiez que le courtier fonctionne et nous laisse entrer : son adresse, le certificat et le nom dans les réglages.
sentence-server-parked-messages = Lisez ces messages à la page « Messages en attente », et faites-les reprendre ou supprimez-les.
sentence-server-refused = Selon le code : enregistrez les objets, ou retirez-les du serveur réseau ; ou comparez leurs clés.
sentence-server-session-lost = Que le courtier garde les sessions après un redémarrage, et assez longtemps ; et qu’aucun autre programme n’emploie notre identifiant de client.
sentence-server-subscription-refused = Permettez à l’utilisateur de lire ces sujets au courtier, ou nommez d’autres sujets dans les réglages.
sentence-server-subscription-with-qos-0 = Permettez la QoS 1 au courtier.
sentence-server-topic-without-messages = Comparez ce sujet à ceux sous lesquels le serveur réseau publie, et nommez les bons dans les réglages.
sentence-sheet-too-large = Le fichier a { $bytes } octets, et { $limit } sont la limite : partagez-le.
sentence-sheet-unpacks-too-large = Déballé, le classeur dépasse { $limit } octets, la limite : partagez-le, et retirez-en les images.
sentence-sheet-too-many-rows = La feuille a plus de { $limit } lignes, vides comprises, ce qui est la limite : retirez les vides, ou partagez-la.
sentence-sheet-too-many-cells = La feuille a plus de { $limit } cellules, ce qui est la limite : retirez les colonnes et les lignes inutiles, ou partagez-la.
sentence-sheet-password = Le classeur est protégé par un mot de passe : enregistrez-en une copie sans mot de passe.
sentence-sheet-macros = Le classeur a des macros ({ $part }) : enregistrez-le sans macros (.xlsx).
sentence-sheet-other-form = Ce genre de fichier n’est pas lu : enregistrez-le en .xlsx, .ods ou .csv.
sentence-sheet-unclosed-quote = Le guillemet ouvert à la ligne { $line } n’est jamais fermé : fermez-le, ou doublez celui qui fait partie du texte.
sentence-sheet-none = Le fichier n’est ni un classeur (.xlsx, .ods) ni un texte (.csv).
sentence-sheet-no-dev-eui = Aucun en-tête des { $rows } premières lignes n’est DevEUI : nommez ainsi la colonne des DevEUI.
sentence-sheet-column-twice = Les colonnes { $first } et { $second } sont toutes deux { $field } : retirez-en une.
sentence-sheet-no-rows = La feuille a des en-têtes, et pas de lignes au-dessous.
sentence-trial-encrypted = La charge utile d’une trame entière est chiffrée : donnez son AppSKey.
sentence-trial-json = Ce n’est pas du JSON.
sentence-trial-key = Une clé a 32 chiffres hexadécimaux.
sentence-trial-message = Cela ne ressemble au message d’aucun serveur réseau connu ici.
sentence-trial-mic = Le MIC de la trame ne va pas : la trame est abîmée, ou la clé est celle d’un autre.
sentence-trial-moment = Un moment s’écrit comme 2026-05-01T10:00:00Z.
sentence-trial-payload = Ce ne sont ni des chiffres hexadécimaux ni du base64.
sentence-trial-port = Le port est un nombre de 1 à 255.
sentence-trial-reading = Ce n’est pas une lecture en JSON.
sentence-trial-signed-in = On essaie un décodeur à soi après s’être connecté.
sentence-trial-state = L’état s’écrit en chiffres hexadécimaux.
sentence-trial-variables = Les variables sont un objet JSON, comme {"{"}"offset": 1{"}"}.
sentence-wish-past = { $by } n’est pas à venir.
sentence-wish-payloads = Il y a { $count } charges utiles ; une demande en a de { $fewest } à { $most }, chacune d’une autre trame.
sentence-wish-twice = La charge utile { $number } a le nom ou la trame d’une autre avant elle.
sentence-wish-port = Charge utile { $number } : le port 0 est au réseau, et aucun décodeur ne le lit.
sentence-wish-bytes = La charge utile { $number } a { $bytes } octets, et une trame en a de 1 à { $most }.
sentence-wish-right-values = Charge utile { $number } : { $count } valeurs sont dites justes, et il y en a de 1 à { $most }.
sentence-wish-quantity = Charge utile { $number } : « { $quantity } » n’est pas une grandeur du vocabulaire. Dites avec des mots ce qui n’en a pas.
sentence-wish-value = Charge utile { $number } : la valeur de { $quantity } n’est ni un nombre, ni vrai ou faux, ni un texte.
