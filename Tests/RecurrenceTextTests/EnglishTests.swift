import TaskDomain
import TaskRecurrence
import Testing

@Suite("A rule reads as plain English")
struct EnglishTests {
    /// Each line was read by a person against section 3.3.10.
    static let readings: [(rule: String, english: String)] = [
        ("FREQ=YEARLY",
         "every year"),
        ("FREQ=MONTHLY",
         "every month"),
        ("FREQ=WEEKLY",
         "every week"),
        ("FREQ=DAILY",
         "every day"),
        ("FREQ=HOURLY",
         "every hour"),
        ("FREQ=MINUTELY",
         "every minute"),
        ("FREQ=SECONDLY",
         "every second"),
        ("FREQ=HOURLY;INTERVAL=2",
         "every 2 hours"),
        ("FREQ=WEEKLY;BYDAY=MO,WE",
         "every week on Monday and Wednesday"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
         "every 2 weeks on Tuesday and Sunday, with weeks that start on Sunday"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TU",
         "every week on Tuesday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
         "every week on Monday to Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,TH,FR,SU;COUNT=10",
         "every week on Monday, Wednesday to Friday and Sunday, 10 times"),
        ("FREQ=WEEKLY;BYMONTH=1,2,3,6;BYDAY=FR",
         "every week on Friday, only in January to March and June"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
         "every week on Monday to Wednesday, taking only the last of these in each week"),
        ("FREQ=MONTHLY;BYDAY=-1FR",
         "on the last Friday of every month"),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR",
         "on the 1st Monday and the last Friday of every month"),
        ("FREQ=MONTHLY;BYDAY=MO",
         "every month on every Monday"),
        ("FREQ=MONTHLY;BYDAY=TU,1MO,-2FR",
         "every month on every Tuesday, the 1st Monday and the 2nd to last Friday"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU",
         "every 3 months on the 2nd Tuesday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15",
         "on the 15th of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
         "on the 1st, 15th and last day of every month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-2,-1",
         "every 2 months on the last and 2nd to last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
         "every month on the 13th, only when it is a Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=SA",
         "every month on the 1st to 7th, only when it is a Saturday"),
        ("FREQ=MONTHLY;BYMONTHDAY=8,9,10;BYDAY=2MO,TU",
         "every month on the 8th to 10th, only when it is any Tuesday or the 2nd Monday of the month"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
         "on the last weekday (Monday to Friday) of every month"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-2,-1;BYHOUR=9",
         "every month on every Monday to Friday at hour 9, taking only the 1st, last and 2nd to last of these in each month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=SA,SU;BYSETPOS=1",
         "every 2 months on every Saturday and Sunday, taking only the 1st of these in each month"),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1",
         "on the 1st weekend day (Saturday or Sunday) of every month"),
        ("FREQ=MONTHLY;BYMONTH=6,7,8;BYMONTHDAY=1;BYHOUR=8;BYMINUTE=30",
         "every month on the 1st at 08:30, only in June to August"),
        ("FREQ=YEARLY;BYMONTH=1",
         "every year in January"),
        ("FREQ=YEARLY;BYMONTH=1,6;BYMONTHDAY=1",
         "every year in January and June on the 1st"),
        ("FREQ=YEARLY;BYMONTHDAY=15",
         "on the 15th of every month"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=TU",
         "every 4 years in November on the 2nd to 8th, only when it is a Tuesday"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
         "every year in March on the last Sunday of the month"),
        ("FREQ=YEARLY;BYDAY=20MO",
         "on the 20th Monday of every year"),
        ("FREQ=YEARLY;BYDAY=-1FR,MO",
         "every year on every Monday and the last Friday of the year"),
        ("FREQ=YEARLY;BYDAY=TH",
         "every year on every Thursday"),
        ("FREQ=YEARLY;BYMONTH=6,7,8;BYDAY=TH",
         "every year in June to August on every Thursday"),
        ("FREQ=YEARLY;BYYEARDAY=1,100,200",
         "on days 1, 100 and 200 of every year"),
        ("FREQ=YEARLY;INTERVAL=3;BYYEARDAY=-1",
         "every 3 years on the last day of the year"),
        ("FREQ=YEARLY;BYYEARDAY=1,2,3,-2,-1;BYMONTH=1",
         "every year in January on days 1 to 3, the last day and the 2nd to last day of the year"),
        ("FREQ=YEARLY;BYYEARDAY=5;BYMONTHDAY=5;BYDAY=MO",
         "every year on the 5th of every month, only when it is a Monday, only when it is day 5 of the year"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
         "every year in week 20 on Monday"),
        ("FREQ=YEARLY;BYWEEKNO=1,20,21,22,-1;WKST=SU",
         "every year in weeks 1 and 20 to 22 and the last week, with weeks that start on Sunday"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=1;BYDAY=SA,SU",
         "every year in week 53 on Saturday and Sunday, only in January"),
        ("FREQ=YEARLY;BYWEEKNO=10;BYMONTHDAY=5",
         "every year in week 10 on the 5th of the month"),
        ("FREQ=YEARLY;BYMONTHDAY=1,2,3;BYDAY=1MO",
         "every year on the 1st to 3rd of every month, only when it is the 1st Monday of the year"),
        ("FREQ=DAILY;BYHOUR=9",
         "every day at hour 9"),
        ("FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30",
         "every day at 09:00, 09:30, 17:00 and 17:30"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0,60",
         "every day at 09:00:00 and 09:00:60"),
        ("FREQ=DAILY;BYHOUR=8,9,10,11;BYMINUTE=0,30",
         "every day at minutes 0 and 30 of hours 8 to 11"),
        ("FREQ=DAILY;BYMINUTE=5",
         "every day at minute 5"),
        ("FREQ=DAILY;BYHOUR=6;BYSECOND=15",
         "every day at second 15, at hour 6"),
        ("FREQ=DAILY;BYMONTH=1;BYMONTHDAY=1,-1;BYDAY=SA",
         "every day, only on Saturday, only on the 1st and last day of the month, only in January"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=1",
         "every 10 days, once"),
        ("FREQ=DAILY;BYHOUR=9,12,15;BYSETPOS=2",
         "every day at hours 9, 12 and 15, taking only the 2nd of these in each day"),
        ("FREQ=HOURLY;BYHOUR=9,10,11,12;BYMINUTE=0,30;BYDAY=MO",
         "every hour at minutes 0 and 30, only on Monday, only in hours 9 to 12"),
        ("FREQ=HOURLY;BYYEARDAY=1,-1;BYMINUTE=15;BYSECOND=5",
         "every hour at second 5 of minute 15, only on day 1 and the last day of the year"),
        ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
         "every 20 minutes, only in hours 9 to 16"),
        ("FREQ=MINUTELY;BYMINUTE=0,1,2,30;BYHOUR=4;BYSECOND=10;BYMONTH=12",
         "every minute at second 10, only in December, only in minutes 0 to 2 and 30 of hour 4"),
        ("FREQ=SECONDLY;INTERVAL=30;BYHOUR=3;BYSECOND=0,30",
         "every 30 seconds, only at seconds 0 and 30, in hour 3"),
        ("FREQ=SECONDLY;BYMINUTE=5;BYSECOND=1,2,3;BYMONTHDAY=31;UNTIL=20301231T235959Z",
         "every second, only on the 31st of the month, only at seconds 1 to 3 of minute 5, until 2030-12-31 23:59:59 UTC"),
        ("FREQ=DAILY;UNTIL=20301231T120000",
         "every day, until 2030-12-31 12:00:00 local time"),
        ("FREQ=WEEKLY;UNTIL=20301231",
         "every week, until the end of 2030-12-31"),
        ("FREQ=DAILY;COUNT=2",
         "every day, twice"),
        ("FREQ=MINUTELY;BYSECOND=0,15,30,45;BYSETPOS=-1;COUNT=3",
         "every minute at seconds 0, 15, 30 and 45, taking only the last of these in each minute, 3 times"),
    ]

    @Test("every part is told, makers before filters before positions before the end", arguments: readings)
    func reading(rule: String, english: String) throws {
        #expect(try Rule(parsing: rule).english == english)
    }

    @Test("the table covers every frequency and every part")
    func coverage() {
        let texts = EnglishTests.readings.map(\.rule)
        for word in ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"] + RandomRules.partNames {
            #expect(texts.contains { $0.contains(word) }, "no reading with \(word)")
        }
    }

    @Test("rules that differ in what they mean read differently")
    func distinct() {
        var random = SplitMix64(seed: 11)
        var seen: [String: Rule] = [:]
        for _ in 0..<20_000 {
            var rule = RandomRules.rule(&random)
            // Where WKST cannot change the answer, two rules may read the same.
            rule.weekStart = .monday
            let english = rule.english
            if let other = seen[english] { #expect(RandomRules.meansTheSame(other, rule), "\(other.text) and \(rule.text): \(english)") }
            seen[english] = rule
        }
    }
}
