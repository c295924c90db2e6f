//! Names that people in the NHS have: of many origins, with accents, apostrophes, hyphens and particles.
//!
//! Put together at random they name nobody. Family names of the people in [`super::people`] and
//! [`super::ra_users`] are deliberately absent, so that a search for one of those finds just them.

use super::prng::Prng;

/// Given and family names that belong together, and how often (of 100) they are drawn.
struct Origin {
    share: u64,
    given: &'static [&'static str],
    family: &'static [&'static str],
}

const ORIGINS: [Origin; 11] = [
    Origin {
        share: 34,
        given: &[
            "Alice",
            "Amelia",
            "Anthony",
            "Barbara",
            "Charlotte",
            "Christopher",
            "Daniel",
            "Deborah",
            "Edward",
            "Eleanor",
            "Emma",
            "George",
            "Hannah",
            "Harriet",
            "Helen",
            "Jack",
            "James",
            "Jane",
            "Jennifer",
            "Jo",
            "Joanne",
            "John",
            "Julie",
            "Karen",
            "Kate",
            "Katherine",
            "Laura",
            "Linda",
            "Lucy",
            "Margaret",
            "Mark",
            "Mary-Jane",
            "Matthew",
            "Michelle",
            "Nicola",
            "Oliver",
            "Paul",
            "Peter",
            "Rachel",
            "Rebecca",
            "Robert",
            "Ruth",
            "Samuel",
            "Sarah",
            "Simon",
            "Steven",
            "Susan",
            "Thomas",
            "Timothy",
            "William",
        ],
        family: &[
            "Allen",
            "Bailey",
            "Baker",
            "Barker",
            "Bennett",
            "Brown",
            "Carter",
            "Clark",
            "Clarke",
            "Cook",
            "Cooper",
            "Cox",
            "Dixon",
            "Edwards",
            "Fletcher",
            "Foster",
            "Gardner",
            "Green",
            "Hall",
            "Harper",
            "Harris",
            "Harrison",
            "Hill",
            "Holmes",
            "Hughes-Barrett",
            "Jackson",
            "Johnson",
            "Kirkbride",
            "Lee",
            "Marshall",
            "Martin",
            "Mason",
            "Mitchell",
            "Moore",
            "Parker",
            "Richardson",
            "Robinson",
            "Scott",
            "Shaw",
            "St John",
            "Thompson",
            "Turner",
            "Underwood",
            "Walker",
            "Ward",
            "Watson",
            "White",
            "Wilkinson",
            "Wilson",
            "Wright",
        ],
    },
    Origin {
        share: 7,
        given: &[
            "Aled",
            "Alun",
            "Bronwen",
            "Carys",
            "Catrin",
            "Dafydd",
            "Dylan",
            "Eirlys",
            "Elin",
            "Ffion",
            "Gareth",
            "Gwenllian",
            "Heledd",
            "Iolo",
            "Llŷr",
            "Megan",
            "Nerys",
            "Rhiannon",
            "Siôn",
            "Tomos",
        ],
        family: &[
            "Bevan",
            "Davies",
            "Evans",
            "Griffiths",
            "Gruffydd",
            "Howells",
            "Hughes",
            "Jenkins",
            "Jones",
            "Lewis",
            "Lloyd",
            "Morgan",
            "Powell",
            "Prosser",
            "Rees",
            "Roberts",
            "ap Rhys",
            "Thomas",
            "Vaughan",
            "Williams",
        ],
    },
    Origin {
        share: 8,
        given: &[
            "Aisling",
            "Aoife",
            "Brendan",
            "Bríd",
            "Ciara",
            "Ciarán",
            "Declan",
            "Eoin",
            "Fionnuala",
            "Gráinne",
            "Máire",
            "Oisín",
            "Orla",
            "Pádraig",
            "Róisín",
            "Ronan",
            "Ruairí",
            "Saoirse",
            "Séamus",
            "Sinéad",
        ],
        family: &[
            "Byrne",
            "Fitzgerald",
            "Gallagher",
            "Kavanagh",
            "Keane",
            "Kelly",
            "McAllister",
            "McCarthy",
            "McLoughlin",
            "Mulligan",
            "Murphy",
            "Nolan",
            "Ó Briain",
            "O'Brien",
            "O'Donnell",
            "O'Hara",
            "O'Neill",
            "O’Sullivan",
            "Quinn",
            "Ryan",
        ],
    },
    Origin {
        share: 6,
        given: &["Ailsa", "Callum", "Catriona", "Duncan", "Eilidh", "Ewan", "Hamish", "Iain", "Isla", "Mhairi"],
        family: &[
            "Buchanan",
            "Campbell",
            "Cameron",
            "Ferguson",
            "Fraser",
            "MacDonald",
            "MacKenzie",
            "MacLeod",
            "McIntosh",
            "McKay",
            "McLean",
            "Morrison",
            "Munro",
            "Robertson",
            "Sinclair",
            "Urquhart",
        ],
    },
    Origin {
        share: 7,
        given: &[
            "Agnieszka",
            "Aleksandra",
            "Bartłomiej",
            "Ewa",
            "Grażyna",
            "Grzegorz",
            "Jakub",
            "Joanna",
            "Krzysztof",
            "Małgorzata",
            "Mateusz",
            "Michał",
            "Paweł",
            "Sławomir",
            "Wojciech",
            "Zofia",
        ],
        family: &[
            "Dąbrowski",
            "Jabłoński",
            "Kaczmarek",
            "Kamińska",
            "Kowalczyk",
            "Kowalski",
            "Kozłowska",
            "Krawczyk",
            "Lewandowska",
            "Mazur",
            "Nowak",
            "Pawłowski",
            "Szymańska",
            "Wójcik",
            "Zając",
            "Żak",
            "Zieliński",
        ],
    },
    Origin {
        share: 16,
        given: &[
            "Aisha", "Anil", "Anjali", "Arjun", "Asha", "Bilal", "Deepak", "Farah", "Fatima", "Gurpreet", "Harpreet",
            "Imran", "Kavita", "Khalid", "Lakshmi", "Muhammad", "Nadia", "Neha", "Nisha", "Rajesh", "Ravi", "Rukhsana",
            "Salma", "Sanjay", "Shabnam", "Shreya", "Sunita", "Usman", "Vikram", "Yasmin",
        ],
        family: &[
            "Ahmed",
            "Akhtar",
            "Ali",
            "Bhatt",
            "Begum",
            "Chaudhry",
            "Chowdhury",
            "Das",
            "Desai",
            "Fernandes",
            "Gill",
            "Gupta",
            "Iqbal",
            "Joshi",
            "Kapoor",
            "Kaur",
            "Khan",
            "Mahmood",
            "Malik",
            "Mehta",
            "Mistry",
            "Nair",
            "Patel",
            "Qureshi",
            "Rahman",
            "Rao",
            "Shah",
            "Sharma",
            "Siddiqui",
            "Singh",
            "Subramaniam",
            "Verma",
        ],
    },
    Origin {
        share: 8,
        given: &[
            "Adaeze",
            "Adebola",
            "Akosua",
            "Ayodele",
            "Babatunde",
            "Blessing",
            "Chukwuemeka",
            "Efua",
            "Emeka",
            "Folasade",
            "Ifeoma",
            "Kelechi",
            "Kofi",
            "Kwame",
            "Ngozi",
            "Nkechi",
            "Obinna",
            "Temitope",
            "Yewande",
            "Zainab",
        ],
        family: &[
            "Abiodun",
            "Afolabi",
            "Agyeman",
            "Akinola",
            "Amoah",
            "Asante",
            "Balogun",
            "Boateng",
            "Chukwu",
            "Danjuma",
            "Eze",
            "Ezenwa-Brown",
            "Ibrahim",
            "Mensah",
            "Nwachukwu",
            "Obi",
            "Ogunleye",
            "Okeke",
            "Okonkwo",
            "Oyelaran",
        ],
    },
    Origin {
        share: 5,
        given: &["Bo", "Chun-Hei", "Fang", "Hao", "Hui", "Jing", "Li", "Ming", "Mei", "Ting", "Xiu", "Yan", "Yu"],
        family: &[
            "Chan", "Cheung", "Ho", "Huang", "Lam", "Leung", "Li", "Lin", "Liu", "Ng", "Wang", "Wong", "Xu", "Yip",
        ],
    },
    Origin {
        share: 4,
        given: &["Annelies", "Bjørn", "Dirk", "Femke", "Günther", "Ingrid", "Jürgen", "Lars", "Sanne", "Søren"],
        family: &[
            "de Vries",
            "Jørgensen",
            "Müller",
            "Østergaard",
            "van den Berg",
            "van der Berg",
            "von Braunfels",
            "Weiß",
        ],
    },
    Origin {
        share: 4,
        given: &["Bea", "Carlos", "Concepción", "Dulce", "Inês", "João", "José", "Lucía", "Nuno", "Sofía", "Tomé"],
        family: &[
            "da Silva",
            "Fernández",
            "Gonçalves",
            "Ibáñez",
            "Martínez-Lago",
            "Muñoz",
            "Núñez",
            "Santos",
            "dos Reis",
        ],
    },
    Origin {
        share: 1,
        given: &["Anh", "Đức", "Hương", "Linh", "Minh", "Tuấn"],
        family: &["Đặng", "Lê", "Nguyễn", "Phạm", "Trần", "Vũ"],
    },
];

/// Given, perhaps middle, and family name.
pub(super) struct Drawn {
    pub(super) given: &'static str,
    pub(super) middle: Option<&'static str>,
    pub(super) family: String,
}

/// Draws a name. About one in twenty has a family name of two families.
pub(super) fn draw(prng: &mut Prng) -> Drawn {
    let origin = origin(prng);
    let given = prng.pick(origin.given);
    let middle = prng.chance(18).then(|| prng.pick(origin.given)).filter(|middle| *middle != given);
    let mut family = prng.pick(origin.family).to_owned();
    if prng.chance(5) && !family.contains(['-', ' ']) {
        let other = self::origin(prng);
        let second = prng.pick(other.family);
        if second != family && !second.contains(['-', ' ']) {
            family = format!("{family}-{second}");
        }
    }
    Drawn { given, middle, family }
}

/// Given names for the people whose family name is common: enough that no two of them share one.
pub(super) fn common_given_names() -> &'static [&'static str] {
    ORIGINS[0].given
}

fn origin(prng: &mut Prng) -> &'static Origin {
    let mut left = prng.below(ORIGINS.iter().map(|origin| origin.share).sum());
    for origin in &ORIGINS {
        if left < origin.share {
            return origin;
        }
        left -= origin.share;
    }
    &ORIGINS[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FamilyName, GivenName};

    #[test]
    fn every_name_is_one_that_the_contract_takes() {
        assert_eq!(ORIGINS.iter().map(|origin| origin.share).sum::<u64>(), 100);
        for origin in &ORIGINS {
            for given in origin.given {
                assert!(given.parse::<GivenName>().is_ok(), "{given}");
            }
            for family in origin.family {
                assert!(family.parse::<FamilyName>().is_ok(), "{family}");
            }
        }
    }
}
